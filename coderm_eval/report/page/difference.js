// Two programs line by line.

const MOST_PAIRS = 4000000;
const CONTEXT = 3;

/** [" " | "-" | "+", line] by a longest common subsequence; null where the texts are too long for it. */
function difference(before, after) {
  const [one, other] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start++;
  let tail = 0;
  while (tail < one.length - start && tail < other.length - start && one.at(-1 - tail) === other.at(-1 - tail)) tail++;
  const [a, b] = [one.slice(start, one.length - tail), other.slice(start, other.length - tail)];
  if (a.length * b.length > MOST_PAIRS) return null;
  const same = (lines) => lines.map((line) => [" ", line]);
  return [...same(one.slice(0, start)), ...changed(a, b), ...same(one.slice(one.length - tail))];
}

function changed(a, b) {
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const place = i * width + j;
      longest[place] = a[i] === b[j] ? longest[place + width + 1] + 1 : Math.max(longest[place + width], longest[place + 1]);
    }
  }
  const lines = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push([" ", a[i++]]);
      j++;
    } else if (j >= b.length || (i < a.length && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      lines.push(["-", a[i++]]);
    } else {
      lines.push(["+", b[j++]]);
    }
  }
  return lines;
}

/** The changed lines and some around them. */
function differenceBlock(before, after) {
  const lines = difference(before, after);
  if (lines === null) return element("p", { class: "small" }, "The programs are too long to be compared line by line.");
  const near = (place) => lines.slice(Math.max(0, place - CONTEXT), place + CONTEXT + 1).some(([mark]) => mark !== " ");
  const code = element("code");
  let left = false;
  lines.forEach(([mark, line], place) => {
    const kept = near(place);
    if (kept) code.append(element("span", { class: { "-": "removed", "+": "added", " ": "same" }[mark] }, `${mark} `, ...shown(line), "\n"));
    else if (!left) code.append(element("span", { class: "comment" }, "...\n"));
    left = !kept;
  });
  return element("pre", { class: "difference" }, code);
}
