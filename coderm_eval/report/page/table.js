// The table of problems, and that of the tests which misled the vote.

const COLUMNS = [
  ["task", (p) => p.task_id, (p) => p.task_id],
  ["pick", (p) => (p.right === null ? "?" : p.right ? "right" : "wrong"), (p) => p.right],
  ["right samples", (p) => percent(p.rate), (p) => p.rate],
  ["confidence", (p) => percent(p.confidence), (p) => p.confidence],
  ["tests", (p) => p.tests_used, (p) => p.tests_used],
  ["distinct", (p) => p.candidates.length, (p) => p.candidates.length],
  ["tied samples", (p) => p.ties, (p) => p.ties],
];
const FILTERS = {
  "": () => true,
  misled: (p) => p.right === false && p.oracle,
  wrong: (p) => p.right === false,
  right: (p) => p.right === true,
};

function show(data) {
  const problems = data.problems.map((problem, place) => ({ ...problem, place }));
  const goTo = problemTable(problems, COLUMNS, FILTERS, (problem, at) => details(problem, data, at));
  misled(data, problems, goTo);
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
