// Nothing jumps when a board changes: what the reader had scrolled to, opened or focused stays so.
// And it says that a table scrolls sideways, where it does.
(() => {
  "use strict";
  let kept = null;

  const board = () => document.getElementById("board");

  function prepare() {
    // The numbers are one stop of the tab key, at first the first of them.
    if (board() && !board().querySelector('.score[tabindex="0"]')) {
      board().querySelector(".score")?.setAttribute("tabindex", "0");
    }
    for (const frame of document.querySelectorAll("#board .table-frame")) {
      frame.addEventListener("scroll", () => shade(frame), { passive: true });
      shade(frame);
    }
    const frame = document.getElementById("board-frame");
    const line = document.querySelector(".scroll-hint");
    if (frame && line) line.hidden = frame.scrollWidth <= frame.clientWidth;
  }

  // An edge behind which there is more is shaded.
  function shade(frame) {
    const right = frame.scrollWidth - frame.clientWidth - frame.scrollLeft;
    const below = frame.scrollHeight - frame.clientHeight - frame.scrollTop;
    frame.classList.toggle("has-more-right", right > 1);
    frame.classList.toggle("has-more-below", below > 1);
  }

  function isBusy() {
    const form = board()?.querySelector(".filter");
    if (!form) return false;
    const options = [...form.querySelectorAll("select option")];
    const texts = [...form.querySelectorAll("input[type=search]")];
    return form.contains(document.activeElement) ||
      texts.some((text) => text.value !== text.defaultValue) ||
      options.some((option) => option.selected !== (option.defaultSelected || isFirst(option)));
  }

  // Of a list in which nothing is chosen the first is.
  function isFirst(option) {
    const all = [...option.parentElement.options];
    return option === all[0] && !all.some((one) => one.defaultSelected);
  }

  function keep() {
    const focused = document.activeElement?.closest("#board .score");
    kept = {
      scrolled: [...board().querySelectorAll(".table-frame")].map((frame) => [
        frame.id, frame.scrollLeft, frame.scrollTop,
      ]),
      open: [...board().querySelectorAll("details[open]")].map((one) => one.id),
      focused: focused && {
        row: focused.closest("tr").rowIndex, column: focused.closest("td").cellIndex,
      },
    };
  }

  function restore() {
    for (const id of kept.open) document.getElementById(id)?.setAttribute("open", "");
    for (const [id, left, top] of kept.scrolled) {
      document.getElementById(id)?.scrollTo({ left, top, behavior: "instant" });
    }
    if (kept.focused) {
      const rows = board().querySelector("table")?.rows ?? [];
      const cell = rows[kept.focused.row]?.cells[kept.focused.column];
      const number = cell?.querySelector(".score");
      number?.setAttribute("tabindex", "0");
      number?.focus({ preventScroll: true });
    }
    kept = null;
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id !== "board" || !event.detail.shouldSwap) return;
    if (isBusy()) event.detail.shouldSwap = false; // the next answer comes soon
    else keep();
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (kept && board()) restore();
    prepare();
  });
  // The tab and the column that this page is about; sideways only.
  function bringIntoSight(one) {
    const frame = one.closest(".tabs, .table-frame");
    const beyond = one.getBoundingClientRect().right - frame.getBoundingClientRect().right;
    if (beyond > 0) frame.scrollLeft += beyond + 16; // pixels
  }

  window.addEventListener("resize", prepare);
  prepare();
  for (const one of document.querySelectorAll(".tabs [aria-current], .board th[aria-sort]")) {
    bringIntoSight(one);
  }
})();
