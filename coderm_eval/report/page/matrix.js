// The verdicts of a problem as a heat map.

const COLOURS = { P: "--passed", F: "--failed", T: "--timed", C: "--crashed", N: "--absent" };
const MARKS = 12;
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** A canvas and `point(row, column)`, which draws a frame around a cell; clicks and arrow keys choose one. */
function heatMap(problem, choose) {
  const [rows, columns] = [problem.candidates.length, Math.max(1, problem.tests.length)];
  const size = Math.max(3, Math.min(16, Math.floor(520 / Math.max(rows, columns))));
  const canvas = element("canvas", { width: MARKS + columns * size, height: rows * size, tabindex: "0", role: "img",
    "aria-label": `verdicts of ${rows} candidates on ${problem.tests.length} tests; arrow keys choose a cell` });
  const paint = canvas.getContext("2d");
  let at = [0, 0];

  const point = (row, column) => {
    at = [row, column];
    paintVerdicts(paint, problem, size);
    paint.strokeStyle = colour("--ink");
    paint.lineWidth = 2;
    const wider = size < 8 ? 3 : 0; // a frame around a cell of few pixels would hide it
    paint.strokeRect(MARKS + column * size - wider, row * size + 1 - wider, size - 1 + 2 * wider, size - 2 + 2 * wider);
  };
  const limited = (value, most) => Math.min(most - 1, Math.max(0, Math.floor(value)));
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) * (canvas.width / box.width), (event.clientY - box.top) * (canvas.height / box.height)];
    choose(limited(y / size, rows), limited((x - MARKS) / size, columns));
  });
  canvas.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    choose(limited(at[0] + step[0], rows), limited(at[1] + step[1], columns));
  });
  return [canvas, point];
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function paintVerdicts(paint, problem, size) {
  const inks = Object.fromEntries(Object.entries(COLOURS).map(([code, name]) => [code, colour(name)]));
  const [right, ink] = [colour("--accent"), colour("--ink")];
  const inner = size > 4 ? size - 1 : size;
  paint.clearRect(0, 0, paint.canvas.width, paint.canvas.height);
  problem.candidates.forEach((candidate, row) => {
    if (candidate.right) paint.fillStyle = right, paint.fillRect(0, row * size, 5, size);
    if (row === problem.pick) paint.fillStyle = ink, paint.fillRect(6, row * size, 4, inner);
    [...candidate.verdicts].forEach((verdict, column) => {
      paint.fillStyle = inks[verdict];
      paint.fillRect(MARKS + column * size, row * size, inner, inner);
    });
  });
}

function legend(data) {
  const named = Object.entries(data.verdicts).map(([code, name]) =>
    element("span", {}, element("i", { style: `background: var(${COLOURS[code]})` }), name)
  );
  const marks = [["--accent", "right program"], ["--ink", "the pick"]].map(([name, meaning]) =>
    element("span", {}, element("i", { class: "bar", style: `background: var(${name})` }), meaning)
  );
  return element("p", { class: "legend small" }, ...named, ...marks);
}
