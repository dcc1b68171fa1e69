// Python as nodes: texts, and spans for what has a colour or must be seen.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const TOKENS = /(?<comment>#[^\n]*)|(?<string>[rbfuRBFU]{0,2}(?:"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))|(?<keyword>\b(?:False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)\b)|(?<number>\b\d[\w.]*)/g;
const LONGEST_HIGHLIGHTED = 200000;

/** Controls that change how other text reads, such as those of direction, and what a terminal would obey. */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/g;
const PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g;

/** The parts of a text between matches of a pattern, and what is made of each match. */
function replaced(text, pattern, made) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(pattern)) {
    if (found.index > end) nodes.push(text.slice(end, found.index));
    nodes.push(made(found));
    end = found.index + found[0].length;
  }
  if (end < text.length) nodes.push(text.slice(end));
  return nodes;
}

/** A text with its controls shown by their numbers; its textContent stays the same. */
function shown(text) {
  if (text.search(CONTROLS) < 0) return [text];
  const paired = new Set([...text.matchAll(PAIRS)].flatMap((found) => [found.index, found.index + 1]));
  const code = (letter) => `U+${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  return replaced(text, CONTROLS, (found) =>
    paired.has(found.index) ? found[0] : element("span", { class: "control", "data-code": code(found[0]) }, found[0])
  );
}

function highlighted(text) {
  if (text.length > LONGEST_HIGHLIGHTED) return shown(text);
  const kind = (groups) => Object.keys(groups).find((name) => groups[name] !== undefined);
  const nodes = replaced(text, TOKENS, (found) => element("span", { class: kind(found.groups) }, ...shown(found[0])));
  return nodes.flatMap((node) => (typeof node === "string" ? shown(node) : [node]));
}

/** A titled block of code; `text` is undefined on a page without texts. */
function source(title, text, about) {
  const code = text === undefined ? element("p", { class: "small" }, "The texts were left out of this page.") : element("pre", {}, element("code", {}, ...highlighted(text)));
  return element("div", {}, element("h3", {}, title), element("p", { class: "small" }, about), code);
}
