// The shape of a page: its elements, and what of them no row of the database decides.

// Attributes whose text is a matter of rows. That they have one is not.
var WORDS = new Set([
  ...["href", "id", "for", "title", "value", "datetime", "content", "action", "nonce", "alt"],
  ...["aria-label", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget"],
  ...["hx-get", "hx-post", "hx-headers", "hx-vals", "download", "name"],
]);
var ROWS = new Set(["tr", "li", "option"]);
var KEPT = 2; // rows of each shape

function isRow(node) {
  return ROWS.has(node.localName);
}

function shapeOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data.trim() && "x";
  if (node.nodeType !== Node.ELEMENT_NODE) return "";
  const attributes = [...node.attributes].map(({ name, value }) =>
    WORDS.has(name) || name.startsWith("data-") ? `${name}=${value.trim() && "x"}` : `${name}=${value}`,
  );
  const children = [...node.childNodes];
  const rows = new Set(children.filter(isRow).map(shapeOf)); // however many, in whichever order
  const others = children.filter((child) => !isRow(child)).map(shapeOf);
  const inside = [...others, ...[...rows].sort()].join("");
  return `<${[node.localName, ...attributes].join(" ")}>${inside}</>`;
}

// Take rows out whose shape two rows before them have; return a function that puts them back.
function takeRepeatsOut() {
  const taken = [];
  const takeFrom = (parent) => {
    [...parent.children].forEach(takeFrom);
    const seen = new Map();
    for (const row of [...parent.children].filter(isRow)) {
      const shape = shapeOf(row);
      seen.set(shape, (seen.get(shape) ?? 0) + 1);
      if (seen.get(shape) <= KEPT) continue;
      const place = document.createComment("");
      row.replaceWith(place);
      taken.push([place, row]);
    }
  };
  takeFrom(document.body);
  return () => taken.forEach(([place, row]) => place.replaceWith(row));
}
