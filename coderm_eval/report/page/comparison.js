// The table of problems with the picks of all runs.

const state = (pick) => (pick.right ? "right" : "wrong");

function show(data) {
  const problems = data.problems.map((problem, place) => ({ ...problem, place }));
  const filters = filtersOf(data.runs);
  const options = Object.entries(filters).map(([value, [title]]) => element("option", { value }, title));
  document.getElementById("filter").replaceChildren(...options);
  const isShown = Object.fromEntries(Object.entries(filters).map(([value, [, test]]) => [value, test]));
  problemTable(problems, columnsOf(data.runs), isShown, (problem) => picks(problem, data.runs));
}

/** [title, test] by the values of the list of filters. */
function filtersOf(runs) {
  const alone = runs.map((name, place) => {
    const test = (p) => p.runs[place].right && p.runs.every((pick, other) => other === place || !pick.right);
    return [`only-${place}`, [`only ${name} is right`, test]];
  });
  return {
    "": ["all", () => true],
    differ: ["not the same in all runs", (p) => p.runs.some((pick) => pick.right !== p.runs[0].right)],
    ...Object.fromEntries(alone),
    wrong: ["wrong in all runs", (p) => p.runs.every((pick) => !pick.right)],
  };
}

function columnsOf(runs) {
  const grades = runs.map((name, place) => [name, (p) => state(p.runs[place]), (p) => p.runs[place].right]);
  const confidences = runs.map((name, place) => [
    `confidence of ${name}`, (p) => percent(p.runs[place].confidence), (p) => p.runs[place].confidence
  ]);
  return [["task", (p) => p.task_id, (p) => p.task_id], ...grades, ...confidences];
}

/** The programs side by side, and how each differs from that of the first run. */
function picks(problem, runs) {
  const [first, ...others] = problem.runs;
  const texts = problem.runs.map((pick, place) => {
    const suites = Object.entries(pick.grades).map(([suite, status]) => `${suite}: ${status}`);
    const about = `${suites.join(", ")}; confidence ${percent(pick.confidence)}`;
    const before = problem.runs.findIndex((other) => other.program === pick.program);
    const title = `${runs[place]}: sample ${pick.sample}`;
    return before < place ? sameAs(title, runs[before], about) : source(title, pick.program, about);
  });
  const differences = others.flatMap((pick, place) => lines(runs[0], first, runs[place + 1], pick));
  return element("div", {}, element("div", { class: "texts" }, ...texts), ...differences);
}

function sameAs(title, name, about) {
  return element("div", {}, element("h3", {}, title), element("p", { class: "small" }, about), element("p", {}, `The same program as ${name}.`));
}

function lines(name, first, otherName, other) {
  if (first.program === other.program) return [];
  const legend = `Lines with - are only in the pick of ${name}, those with + only in that of ${otherName}.`;
  return [element("p", { class: "small" }, legend), differenceBlock(first.program, other.program)];
}
