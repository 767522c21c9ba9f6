// Fills in the reader's own time, and lets what is left until a deadline count down. Without it the
// page shows UTC and AoE, and what was left when it was made.
(() => {
  "use strict";
  const SECOND = 1000; // milliseconds
  const DAY = 86400; // seconds
  const own = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  });

  for (const time of document.querySelectorAll("time.local-time")) {
    time.textContent = own.format(new Date(time.dateTime));
  }

  function left(seconds) {
    if (seconds <= 0) return "now: load the page again";
    const days = Math.floor(seconds / DAY);
    const clock = [Math.floor((seconds % DAY) / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
    const written = clock.map((part) => String(part).padStart(2, "0")).join(":");
    return `in ${days ? `${days} day${days > 1 ? "s" : ""} ` : ""}${written}`;
  }

  const countdowns = [...document.querySelectorAll("time.countdown")];
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");

  function tick() {
    if (still.matches) return;
    for (const time of countdowns) {
      const seconds = Math.floor((new Date(time.dateTime) - Date.now()) / SECOND);
      time.textContent = left(seconds);
    }
  }

  if (countdowns.length) {
    tick();
    setInterval(tick, SECOND);
  }
})();
