// The shape of a page: its elements, and what of them no row of the database decides.

// Attributes whose text is a matter of rows. That they have one is not.
var WORDS = new Set([
  ...["href", "id", "for", "title", "value", "datetime", "content", "action", "nonce", "alt"],
  ...["aria-label", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget"],
  ...["hx-get", "hx-post", "hx-headers", "hx-vals", "download", "name"],
]);
var ROWS = new Set(["tr", "li", "option"]);
var KEPT = 2; // rows with each piece, and texts in equal elements of equal elements
var LOOKED_AT = "data-is-looked-at";

function isRow(node) {
  return ROWS.has(node.localName);
}

function tagOf(element) {
  const attributes = [...element.attributes].map(({ name, value }) =>
    WORDS.has(name) || name.startsWith("data-") ? `${name}=${value.trim() && "x"}` : `${name}=${value}`,
  );
  return [element.localName, ...attributes].join(" ");
}

function shapeOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data.trim() && "x";
  if (node.nodeType !== Node.ELEMENT_NODE) return "";
  const children = [...node.childNodes];
  const rows = new Set(children.filter(isRow).map(shapeOf)); // however many, in whichever order
  const others = children.filter((child) => !isRow(child)).map(shapeOf);
  const inside = [...others, ...[...rows].sort()].join("");
  return `<${tagOf(node)}>${inside}</>`;
}

// What a row consists of: itself, and each of its cells at its place.
function piecesOf(row) {
  const cells = [...row.childNodes].map((cell, place) => `${place} ${shapeOf(cell)}`);
  return [tagOf(row), ...cells];
}

// Take rows out of which two rows before them have every piece; return a function that puts them
// back.
function takeRepeatsOut() {
  const taken = [];
  const takeFrom = (parent) => {
    [...parent.children].forEach(takeFrom);
    const seen = new Map();
    for (const row of [...parent.children].filter(isRow)) {
      const pieces = piecesOf(row);
      const isRepeat = pieces.every((piece) => (seen.get(piece) ?? 0) >= KEPT);
      pieces.forEach((piece) => seen.set(piece, (seen.get(piece) ?? 0) + 1));
      if (!isRepeat) continue;
      const place = document.createComment("");
      row.replaceWith(place);
      taken.push([place, row]);
    }
  };
  takeFrom(document.body);
  return () => taken.forEach(([place, row]) => place.replaceWith(row));
}

function hasText(element) {
  const isText = ({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim();
  return !element.children.length || element.localName === "select" || [...element.childNodes].some(isText);
}

// Let axe look at the contrast of the first few texts that equal elements stand around: that rule
// takes most of its time, and our styles choose colours by elements, classes and attributes.
// `seen` counts what other pages had; return it with what this page has.
function chooseTexts(seen) {
  const walkInto = (element, around) => {
    const path = `${around} ${tagOf(element)}`;
    const isText = hasText(element);
    const children = [...element.children];
    if (isText && (seen[path] ?? 0) < KEPT) element.setAttribute(LOOKED_AT, "");
    if (isText) seen[path] = (seen[path] ?? 0) + 1;
    children.forEach((child) => walkInto(child, path));
  };
  walkInto(document.body, "");
  axe.configure({ rules: [{ id: "color-contrast", selector: `[${LOOKED_AT}]` }] });
  return seen;
}

function forgetTexts() {
  document.querySelectorAll(`[${LOOKED_AT}]`).forEach((element) => element.removeAttribute(LOOKED_AT));
}
