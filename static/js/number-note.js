// Shows a number's exact value and signature on hover and on focus. Without it, `title` does.
(() => {
  "use strict";
  let note = null;

  function show(number) {
    hide();
    const [value, signature] = number.dataset.note.split("\n");
    note = document.createElement("div");
    note.className = "number-note";
    note.setAttribute("role", "status");
    const exact = document.createElement("b");
    exact.textContent = value;
    note.append(exact, signature);
    document.body.append(note);
    place(number.getBoundingClientRect());
  }

  function place(at) {
    const size = note.getBoundingClientRect();
    const margin = 8; // pixels
    const left = Math.min(at.right - size.width, window.innerWidth - size.width - margin);
    const above = at.top - size.height - margin;
    note.style.left = `${Math.max(margin, left)}px`;
    note.style.top = `${above > margin ? above : at.bottom + margin}px`;
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

  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const number = numberOf(event);
      if (number) show(number);
      else hide();
    });
  }
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  window.addEventListener("scroll", hide, true);
})();
