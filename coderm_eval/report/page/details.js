// What a problem opens to: why the pick won, the verdicts, and the texts of what is chosen.

const named = (candidate) => `sample ${candidate.samples[0]}`;
const alike = (candidate) => (candidate.samples.length > 1 ? `; the same text: samples ${candidate.samples.slice(1).join(", ")}` : "");
const reward = (candidate) => (candidate.reward === null ? "no reward" : `reward ${candidate.reward.toFixed(3)}`);

/** The reward, and the tests passed where there are tests. */
function standing(candidate) {
  const [tests, passed] = [candidate.verdicts.length, candidate.verdicts.replaceAll(/[^P]/g, "").length];
  return reward(candidate) + (tests ? `, ${passed} of ${tests} tests passed` : "");
}

/** The opened problem; `at` is the row and column that it shows first. */
function details(problem, data, at) {
  const texts = element("div", { class: "texts" });
  const against = element("div", { class: "against" });
  const said = element("p", { class: "cell", role: "status" });
  const choose = (row, column) => {
    const [candidate, test] = [problem.candidates[row], problem.tests[column]];
    const verdict = test ? ` on test ${test.samples[0]}: ${data.verdicts[candidate.verdicts[column]]}` : "";
    said.textContent = named(candidate) + verdict;
    list.value = row;
    point(row, column);
    texts.replaceChildren(
      source(`Program: ${named(candidate)}`, candidate.program, `${graded(candidate)}${alike(candidate)}`),
      ...(test ? [source(`Test: ${named(test)}`, test.source, `passed by ${passing(problem, column)}${alike(test)}`)] : [])
    );
    const other = row === problem.pick ? problem.runner_up : row;
    against.replaceChildren(...(other === null ? [] : comparison(problem, other, data, choose)));
  };
  const list = candidates(problem, choose);
  const [map, point] = heatMap(problem, choose);
  const beside = element("div", {}, said, legend(data), list);
  const made = element("div", {}, why(problem, choose), element("div", { class: "matrix" }, map, beside), texts, against);
  choose(...(at ?? [problem.pick, parting(problem, problem.runner_up) ?? 0]));
  return made;
}

/** The columns of the tests on which the pick and another row part: what could not be run parts nobody. */
function partings(problem, row) {
  const [pick, other] = [problem.pick, row].map((each) => problem.candidates[each].verdicts);
  const apart = (verdict, column) => verdict !== other[column] && verdict !== "N" && other[column] !== "N";
  return [...pick].flatMap((verdict, column) => (apart(verdict, column) ? [column] : []));
}

/** The first of them, one that the pick passes if there is any. */
function parting(problem, row) {
  if (row === null) return null;
  const columns = partings(problem, row);
  return columns.find((column) => problem.candidates[problem.pick].verdicts[column] === "P") ?? columns[0] ?? null;
}

function why(problem, choose) {
  const pick = problem.candidates[problem.pick];
  const tied = problem.ties > 1 ? ` ${problem.ties} samples are tied there, and the first of them was taken.` : "";
  const text = `The pick is ${named(pick)}: ${standing(pick)}.${tied}`;
  const other = problem.candidates[problem.runner_up];
  const next = other ? ` The runner-up is ${named(other)}: ${standing(other)}.` : " No candidate has a lower reward.";
  return element("p", {}, text, next, ...bestRight(problem, choose));
}

/** Where the pick is wrong: the right program with the highest reward, as a button that sets it against the pick. */
function bestRight(problem, choose) {
  const row = problem.right === false ? problem.candidates.findIndex((candidate) => candidate.right) : -1;
  if (row < 0) return [];
  const best = problem.candidates[row];
  const button = element("button", { onclick: () => choose(row, parting(problem, row) ?? 0) }, named(best));
  return [" The pick is wrong; the right program with the highest reward is ", button, `: ${standing(best)}.`];
}

/** The pick against another row: the call on which they part, and the difference of the programs. */
function comparison(problem, row, data, choose) {
  const [pick, other] = [problem.candidates[problem.pick], problem.candidates[row]];
  const column = parting(problem, row);
  const title = element("h3", {}, `The pick, ${named(pick)}, against ${named(other)}${row === problem.runner_up ? ", the runner-up" : ""}`);
  const legend = element("p", { class: "small" }, `Lines with + are the pick's, those with - are of ${named(other)}.`);
  const programs = pick.program === undefined ? [] : [legend, differenceBlock(other.program, pick.program)];
  if (column === null) {
    const sentence = "No recorded test parts them. A rule may part them by their answers to tests and probing inputs, which are not on this page.";
    return [title, element("p", {}, sentence), ...programs];
  }
  const [won, lost] = [pick, other].map((candidate) => data.verdicts[candidate.verdicts[column]]);
  const test = problem.tests[column];
  const button = element("button", { onclick: () => choose(row, column) }, `test ${test.samples[0]}`);
  const sentence = element("p", {}, `They part on ${partings(problem, row).length} of ${problem.tests.length} tests, such as `, button, `: the pick ${won}, ${named(other)} ${lost}.`);
  return [title, sentence, ...programs];
}

function passing(problem, column) {
  const count = (rows) => rows.reduce((sum, candidate) => sum + candidate.samples.length, 0);
  const passed = problem.candidates.filter((candidate) => candidate.verdicts[column] === "P");
  const all = `${count(passed)} of ${count(problem.candidates)} samples`;
  const rightOnes = problem.candidates.filter((candidate) => candidate.right);
  if (!rightOnes.length) return all;
  return `${all}, ${count(passed.filter((candidate) => candidate.right))} of ${count(rightOnes)} right ones`;
}

function graded(candidate) {
  const suites = Object.entries(candidate.grades).map(([suite, status]) => `${suite}: ${status}`);
  return `${suites.join(", ") || "not graded"}; ${standing(candidate)}`;
}

function candidates(problem, choose) {
  const list = element("select", { size: Math.min(8, Math.max(2, problem.candidates.length)), "aria-label": "Candidates" });
  problem.candidates.forEach((candidate, row) => {
    const state = candidate.right === null ? "" : candidate.right ? ", right" : ", wrong";
    const pick = row === problem.pick ? ", the pick" : "";
    list.append(element("option", { value: row }, `${named(candidate)} (×${candidate.samples.length}), ${reward(candidate)}${state}${pick}`));
  });
  list.addEventListener("change", () => choose(Number(list.value), parting(problem, Number(list.value)) ?? 0));
  return list;
}
