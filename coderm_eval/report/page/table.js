// The table of problems, and that of the tests which misled the vote.

const percent = (value) => (value === null ? "-" : `${(100 * value).toFixed(1)} %`);

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

function show(data) {
  const problems = data.problems.map((problem, place) => ({ ...problem, place }));
  const [head, body] = ["#problems thead tr", "#problems tbody"].map((found) => document.querySelector(found));
  const [search, filter, count] = ["search", "filter", "count"].map((id) => document.getElementById(id));
  let sorted = { column: "", sign: 1 };

  function refresh() {
    const found = problems.filter(
      (p) => p.task_id.toLowerCase().includes(search.value.toLowerCase()) && FILTERS[filter.value](p)
    );
    if (sorted.column) found.sort(byKey(sorted.column, sorted.sign));
    body.replaceChildren(...found.map((problem) => line(problem, data)));
    count.textContent = `${found.length} of ${problems.length}`;
  }

  function sortBy(column) {
    sorted = { column, sign: sorted.column === column ? -sorted.sign : 1 };
    for (const cell of head.children) cell.removeAttribute("aria-sort");
    const cell = head.children[COLUMNS.findIndex(([key]) => key === column)];
    cell.setAttribute("aria-sort", sorted.sign > 0 ? "ascending" : "descending");
    refresh();
  }

  head.replaceChildren(
    ...COLUMNS.map(([key, title], place) =>
      element("th", place ? { class: "n" } : {}, element("button", { onclick: () => sortBy(key) }, title))
    )
  );
  search.addEventListener("input", refresh);
  filter.addEventListener("change", refresh);
  refresh();
  misled(data, problems, (problem, at) => {
    [search.value, filter.value] = ["", ""];
    refresh();
    const place = [...body.rows].find((row) => row.cells[0].textContent === problem.task_id);
    open(place, problem, data, at);
    place.scrollIntoView();
  });
}

function line(problem, data) {
  const cells = COLUMNS.map(([key, , text], place) => {
    const said = String(text(problem));
    if (!place) return element("td", {}, element("button", { "aria-expanded": "false" }, said));
    const marked = key === "right" && problem.right !== null;
    return element("td", { class: "n" }, marked ? element("span", { class: said }, ` ${said}`) : said);
  });
  const row = element("tr", { class: "problem" }, ...cells);
  row.addEventListener("click", () => {
    if (!row.nextElementSibling?.classList.contains("opened")) return open(row, problem, data);
    row.nextElementSibling.remove();
    row.querySelector("button").setAttribute("aria-expanded", "false");
  });
  return row;
}

function open(row, problem, data, at) {
  row.querySelector("button").setAttribute("aria-expanded", "true");
  row.after(element("tr", { class: "opened" }, element("td", { colspan: COLUMNS.length }, details(problem, data, at))));
}

/** The tests that misled the vote; a task opens its problem at the cell of the wrong program. */
function misled(data, problems, goTo) {
  const body = document.querySelector("#misled tbody");
  body?.replaceChildren(
    ...data.misled.map((found) => {
      const problem = problems.find((each) => each.task_id === found.task_id);
      const row = problem.candidates.findIndex((candidate) => candidate.samples[0] === found.wrong);
      const column = problem.tests.findIndex((test) => test.samples[0] === found.test);
      const button = element("button", { onclick: () => goTo(problem, [row, column]) }, found.task_id);
      const cells = [found.test, found.wrong, found.right, percent(found.accepted_wrong), percent(found.accepted_right)];
      return element("tr", {}, element("td", {}, button), ...cells.map((cell) => element("td", { class: "n" }, String(cell))));
    })
  );
}
