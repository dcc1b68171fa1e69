"use strict";
// Text that a model wrote is only ever set as textContent: nothing in it is markup.

const COLOURS = { P: "--passed", F: "--failed", T: "--timed", C: "--crashed" };
const COLUMNS = [
  ["task_id", "task", (p) => p.task_id],
  ["right", "pick", (p) => (p.right === null ? "?" : p.right ? "right" : "wrong")],
  ["rate", "right samples", (p) => percent(p.rate)],
  ["confidence", "confidence", (p) => percent(p.confidence)],
  ["tests_used", "tests", (p) => p.tests_used],
  ["distinct", "distinct", (p) => p.candidates.length],
  ["ties", "tied samples", (p) => p.ties],
];
const FILTERS = {
  "": () => true,
  misled: (p) => p.right === false && p.oracle,
  wrong: (p) => p.right === false,
  right: (p) => p.right === true,
};

const percent = (value) => (value === null ? "-" : `${(100 * value).toFixed(0)} %`);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

async function unpacked() {
  const text = document.getElementById("data").textContent;
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

function keyOf(problem, column) {
  const value = column === "distinct" ? problem.candidates.length : problem[column];
  return value === null ? -1 : value === true ? 1 : value === false ? 0 : value;
}

const byKey = (column, sign) => (a, b) => {
  const [one, other] = [keyOf(a, column), keyOf(b, column)];
  const order = typeof one === "string" ? one.localeCompare(other, "en", { numeric: true }) : one - other;
  return sign * order || a.place - b.place;
};

function table(data) {
  const problems = data.problems.map((problem, place) => ({ ...problem, place }));
  const [head, body] = ["#problems thead tr", "#problems tbody"].map((found) => document.querySelector(found));
  const [search, filter, count] = ["search", "filter", "count"].map((id) => document.getElementById(id));
  let sorted = { column: "", sign: 1 };

  function show() {
    const shown = problems.filter(
      (p) => p.task_id.toLowerCase().includes(search.value.toLowerCase()) && FILTERS[filter.value](p)
    );
    if (sorted.column) shown.sort(byKey(sorted.column, sorted.sign));
    body.replaceChildren(...shown.map((problem) => line(problem, data)));
    count.textContent = `${shown.length} of ${problems.length}`;
  }

  function sortBy(column) {
    sorted = { column, sign: sorted.column === column ? -sorted.sign : 1 };
    for (const cell of head.children) cell.removeAttribute("aria-sort");
    const cell = head.children[COLUMNS.findIndex(([key]) => key === column)];
    cell.setAttribute("aria-sort", sorted.sign > 0 ? "ascending" : "descending");
    show();
  }

  head.replaceChildren(
    ...COLUMNS.map(([key, title], place) =>
      element("th", place ? { class: "n" } : {}, element("button", { onclick: () => sortBy(key) }, title))
    )
  );
  search.addEventListener("input", show);
  filter.addEventListener("change", show);
  show();
}

function line(problem, data) {
  const cells = COLUMNS.map(([key, , shown], place) => {
    const text = String(shown(problem));
    if (!place) return element("td", {}, element("button", { "aria-expanded": "false" }, text));
    const mark = key === "right" && problem.right !== null ? ` ${text}` : "";
    return element("td", { class: "n" }, mark ? element("span", { class: text }, text) : text);
  });
  const row = element("tr", { class: "problem" }, ...cells);
  row.addEventListener("click", () => {
    const isOpen = row.nextElementSibling?.classList.contains("opened");
    row.querySelector("button").setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) row.nextElementSibling.remove();
    else row.after(element("tr", { class: "opened" }, element("td", { colspan: COLUMNS.length }, details(problem, data))));
  });
  return row;
}

function details(problem, data) {
  const texts = element("div", { class: "texts" });
  const said = element("p", { class: "cell", role: "status" }, "Choose a cell: which program, which test, and what happened.");
  const choose = (row, column) => {
    const [candidate, test] = [problem.candidates[row], problem.tests[column]];
    const verdict = test ? data.verdicts[candidate.verdicts[column]] : "";
    said.textContent = test ? `sample ${candidate.samples[0]} on test ${test.samples[0]}: ${verdict}` : `sample ${candidate.samples[0]}`;
    texts.replaceChildren(
      source(`Program: samples ${candidate.samples.join(", ")}`, candidate.program, graded(candidate)),
      ...(test ? [source(`Test: samples ${test.samples.join(", ")}`, test.source, "")] : [])
    );
  };
  const parts = [why(problem), element("div", { class: "matrix" }, heatMap(problem, choose), element("div", {}, said, legend(data), candidates(problem, choose)))];
  const made = element("div", {}, ...parts, texts);
  choose(problem.pick, parting(problem));
  return made;
}

/** The first test on which the pick and the runner-up part. */
function parting(problem) {
  if (problem.runner_up === null) return 0;
  const [pick, other] = [problem.pick, problem.runner_up].map((row) => problem.candidates[row].verdicts);
  return Math.max(0, [...pick].findIndex((verdict, column) => verdict !== other[column]));
}

function why(problem) {
  const pick = problem.candidates[problem.pick];
  const passed = (candidate) => [...candidate.verdicts].filter((verdict) => verdict === "P").length;
  const total = problem.tests.length;
  let text = `The pick is sample ${pick.samples[0]}: reward ${shownReward(pick)}, ${passed(pick)} of ${total} tests passed. `;
  if (problem.runner_up === null) return element("p", {}, `${text}All candidates have the same verdicts.`);
  const other = problem.candidates[problem.runner_up];
  const differ = [...pick.verdicts].filter((verdict, column) => verdict !== other.verdicts[column]).length;
  text += `The best candidate of other verdicts is sample ${other.samples[0]}: reward ${shownReward(other)}, ${passed(other)} passed. `;
  return element("p", {}, `${text}They part on ${differ} of the tests.`);
}

const shownReward = (candidate) => (candidate.reward === null ? "-" : candidate.reward.toFixed(3));

function graded(candidate) {
  const suites = Object.entries(candidate.grades).map(([suite, status]) => `${suite}: ${status}`);
  return suites.join(", ") || "not graded";
}

function heatMap(problem, choose) {
  const [rows, columns] = [problem.candidates.length, Math.max(1, problem.tests.length)];
  const size = Math.max(3, Math.min(16, Math.floor(520 / Math.max(rows, columns))));
  const mark = 10;
  const canvas = element("canvas", { width: mark + columns * size, height: rows * size, tabindex: "0", role: "img",
    "aria-label": `verdicts of ${rows} candidates on ${problem.tests.length} tests` });
  const style = getComputedStyle(document.documentElement);
  const ink = (name) => style.getPropertyValue(name).trim();
  const paint = canvas.getContext("2d");
  problem.candidates.forEach((candidate, row) => {
    if (candidate.right) {
      paint.fillStyle = ink("--accent");
      paint.fillRect(0, row * size, 5, size);
    }
    if (row === problem.pick) {
      paint.fillStyle = ink("--ink");
      paint.fillRect(6, row * size, 3, size);
    }
    [...candidate.verdicts].forEach((verdict, column) => {
      paint.fillStyle = ink(COLOURS[verdict] ?? "--absent");
      paint.fillRect(mark + column * size, row * size, size > 4 ? size - 1 : size, size > 4 ? size - 1 : size);
    });
  });
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) * (canvas.width / box.width), (event.clientY - box.top) * (canvas.height / box.height)];
    const limited = (value, most) => Math.min(most - 1, Math.max(0, Math.floor(value)));
    choose(limited(y / size, rows), limited((x - mark) / size, columns));
  });
  return canvas;
}

function legend(data) {
  const named = Object.entries(data.verdicts).map(([code, name]) =>
    element("span", {}, element("i", { style: `background: var(${COLOURS[code] ?? "--absent"})` }), name)
  );
  return element("p", { class: "legend small" }, ...named, "green bar: right program; black bar: the pick");
}

function candidates(problem, choose) {
  const list = element("select", { size: Math.min(8, Math.max(2, problem.candidates.length)), "aria-label": "Candidates" });
  problem.candidates.forEach((candidate, row) => {
    const state = candidate.right === null ? "" : candidate.right ? ", right" : ", wrong";
    const pick = row === problem.pick ? ", the pick" : "";
    list.append(element("option", { value: row }, `sample ${candidate.samples[0]} (×${candidate.samples.length}), reward ${shownReward(candidate)}${state}${pick}`));
  });
  list.value = problem.pick;
  list.addEventListener("change", () => choose(Number(list.value), 0));
  return list;
}

function source(title, text, about) {
  const shown = text === undefined ? element("p", { class: "small" }, "The texts were left out of this page.") : element("pre", {}, element("code", {}, ...highlighted(text)));
  return element("div", {}, element("h3", {}, title), element("p", { class: "small" }, about), shown);
}

const TOKENS = /(?<comment>#[^\n]*)|(?<string>[rbfuRBFU]{0,2}(?:"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))|(?<keyword>\b(?:False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)\b)|(?<number>\b\d[\w.]*)/g;
const LONGEST_HIGHLIGHTED = 200000;

/** Python as nodes: texts, and spans for what has a colour. */
function highlighted(text) {
  if (text.length > LONGEST_HIGHLIGHTED) return [text];
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(TOKENS)) {
    nodes.push(text.slice(end, found.index));
    const kind = Object.keys(found.groups).find((name) => found.groups[name] !== undefined);
    nodes.push(element("span", { class: kind }, found[0]));
    end = found.index + found[0].length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

unpacked().then(table);
