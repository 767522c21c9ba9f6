// Shows a number's exact value and signature on hover, on focus and on touch, and leads from number
// to number by the arrow keys. Without it, `title` shows the exact value.
(() => {
  "use strict";
  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  let note = null;
  let owner = null; // the number that it is about

  function show(number) {
    hide();
    const [value, own] = number.dataset.note.split("\n");
    const exact = document.createElement("b");
    exact.textContent = value;
    note = document.createElement("div");
    note.className = "number-note";
    note.setAttribute("role", "status");
    note.append(exact, own || signatureOf(number));
    document.body.append(note);
    owner = number;
    place(number.getBoundingClientRect());
  }

  // Its own, or the one that its column's heading holds for all.
  function signatureOf(number) {
    if (number.dataset.signature) return number.dataset.signature;
    const headings = number.closest("table")?.querySelectorAll("thead [data-signature]") ?? [];
    const heading = [...headings].find((one) => one.dataset.metric === number.dataset.metric);
    return heading?.dataset.signature ?? "";
  }

  function place(at) {
    const size = note.getBoundingClientRect();
    const margin = 8; // pixels
    const left = Math.min(at.right - size.width, window.innerWidth - size.width - margin);
    const above = at.top - size.height - margin;
    note.style.left = `${Math.max(margin, left)}px`;
    note.style.top = `${above > margin ? above : at.bottom + margin}px`;
  }

  // The browser scrolls to a number that gets the focus: its note goes with it, others are hidden.
  function follow() {
    if (!note) return;
    const at = owner.getBoundingClientRect();
    const isInSight = at.bottom > 0 && at.top < window.innerHeight;
    if (owner === document.activeElement && isInSight) place(at);
    else hide();
  }

  function hide() {
    if (note) note.remove();
    note = null;
  }

  function numberOf(event) {
    const number = event.target instanceof Element ? event.target.closest(".score") : null;
    if (number && number.title) {
      number.dataset.note = number.title;
      number.removeAttribute("title"); // or the browser would show its own as well
    }
    return number && number.dataset.note ? number : null;
  }

  // A table of numbers is one stop of the tab key; the arrow keys go on from there.
  function step(event) {
    const from = event.target instanceof Element ? event.target.closest("table .score") : null;
    const by = STEPS[event.key];
    if (!from || !by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const to = next(from, by);
    if (!to) return;
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }

  function next(from, [down, right]) {
    const rows = [...from.closest("table").rows];
    let row = from.closest("tr").rowIndex;
    let column = from.closest("td").cellIndex;
    for (;;) {
      row += down;
      column += right;
      const cell = rows[row]?.cells[column];
      if (!rows[row] || (right && !cell)) return null;
      const score = cell?.querySelector(".score");
      if (score) return score;
    }
  }

  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const number = numberOf(event);
      if (number) show(number);
      else if (owner !== document.activeElement) hide(); // a finger points at what it touched last
    });
  }
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    else step(event);
  });
  window.addEventListener("scroll", follow, true);
})();
