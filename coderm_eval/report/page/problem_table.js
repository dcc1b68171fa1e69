// A table of problems that is searched, filtered and sorted, and whose rows open.

const percent = (value) => (value === null ? "-" : `${(100 * value).toFixed(1)} %`);

async function unpacked() {
  const text = document.getElementById("data").textContent;
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

/**
 * Fill the table; returns a function that opens a problem.
 * columns: [title, text, value] with the text and the sort key of a problem; the first is the task's.
 * filters: whether a problem is shown, by the values of the list of filters.
 * details: what a problem opens to, of the problem and what the returned function was given.
 */
function problemTable(problems, columns, filters, details) {
  const [head, body] = ["#problems thead tr", "#problems tbody"].map((found) => document.querySelector(found));
  const [search, filter, count] = ["search", "filter", "count"].map((id) => document.getElementById(id));
  let sorted = { column: null, sign: 1 };

  const isShown = (p) => p.task_id.toLowerCase().includes(search.value.toLowerCase()) && filters[filter.value](p);
  function refresh() {
    const found = problems.filter(isShown);
    if (sorted.column !== null) found.sort(byValue(columns[sorted.column][2], sorted.sign));
    body.replaceChildren(...found.map((problem) => line(problem, columns, details)));
    count.textContent = `${found.length} of ${problems.length}`;
  }
  function sortBy(column) {
    sorted = { column, sign: sorted.column === column ? -sorted.sign : 1 };
    for (const cell of head.children) cell.removeAttribute("aria-sort");
    head.children[column].setAttribute("aria-sort", sorted.sign > 0 ? "ascending" : "descending");
    refresh();
  }

  head.replaceChildren(
    ...columns.map(([title], column) =>
      element("th", column ? { class: "n" } : {}, element("button", { onclick: () => sortBy(column) }, title))
    )
  );
  search.addEventListener("input", refresh);
  filter.addEventListener("change", refresh);
  refresh();
  const goTo = (problem, at) => {
    [search.value, filter.value] = ["", ""];
    refresh();
    const row = [...body.rows].find((each) => each.cells[0].textContent === problem.task_id);
    open(row, details(problem, at), problem);
    row.scrollIntoView();
  };
  const goToLinked = () => {
    const problem = problems.find((each) => linkTo(each) === location.hash);
    if (problem) goTo(problem);
  };
  window.addEventListener("hashchange", goToLinked);
  queueMicrotask(goToLinked); // the tables above may not be filled yet
  return goTo;
}

/** The end of the page's address, such as #demo/6, with which it opens at this problem. */
function linkTo(problem) {
  const address = new URL(location.href);
  address.hash = problem.task_id;
  return address.hash;
}

/** Unknown comes before known, and false before true. */
const orderKey = (value) => (value === null ? -1 : typeof value === "boolean" ? Number(value) : value);

const byValue = (valueOf, sign) => (a, b) => {
  const [one, other] = [a, b].map((problem) => orderKey(valueOf(problem)));
  const order = typeof one === "string" ? one.localeCompare(other, "en", { numeric: true }) : one - other;
  return sign * order || a.place - b.place;
};

function line(problem, columns, details) {
  const cells = columns.map(([, text], column) => {
    const said = String(text(problem));
    if (!column) return element("td", {}, element("button", { "aria-expanded": "false" }, said));
    const marked = ["right", "wrong"].includes(said);
    return element("td", { class: "n" }, marked ? element("span", { class: said }, ` ${said}`) : said);
  });
  const row = element("tr", { class: "problem" }, ...cells);
  row.addEventListener("click", () => {
    if (!row.nextElementSibling?.classList.contains("opened")) return open(row, details(problem), problem);
    row.nextElementSibling.remove();
    row.querySelector("button").setAttribute("aria-expanded", "false");
  });
  return row;
}

function open(row, opened, problem) {
  history.replaceState(null, "", linkTo(problem));
  row.querySelector("button").setAttribute("aria-expanded", "true");
  row.after(element("tr", { class: "opened" }, element("td", { colspan: row.cells.length }, opened)));
}
