// The upload form: files may be dropped, are listed with the test set that each name says, and can
// be taken out again. The server checks everything anew; without this script all of it works.
(() => {
  "use strict";
  const field = document.getElementById("files");
  if (!field) return;
  const form = field.closest("form");
  const input = field.querySelector("input[type=file]");
  const area = field.querySelector(".drop-area");
  const list = field.querySelector(".chosen");
  const testSet = form.querySelector("select[name=test_set]");
  const sending = document.getElementById("sending");
  const slots = field.dataset.slots.split(" ");
  const maxBytes = Number(field.dataset.maxBytes);
  const maxFiles = Number(field.dataset.maxFiles);

  // What a name says: as evaluator/formats/slots_in_names.py reads it -------------------------

  const PAIR = /(?:^|[./])([a-z]{2})-([a-z]{2})(?=[./]|$)/gi;
  const LANGUAGES = new Intl.DisplayNames("en", { type: "language", fallback: "none" });
  // Domains and modes: a name that says one is never for a slot without it.
  const WORDS = [...new Set([...slots.flatMap(wordsOf), "noterm", "random", "sample"])];

  function wordsOf(slot) {
    return slot.split(".").slice(1);
  }

  // The words that stand in a name between signs; the longest of those that overlap.
  function wordsIn(name) {
    const longest = [...WORDS].sort((a, b) => b.length - a.length);
    const either = longest.map((word) => word.replace(/-/g, "[-_]")).join("|");
    const places = name.matchAll(new RegExp(`(?<![A-Za-z0-9])(?:${either})(?![A-Za-z0-9])`, "gi"));
    return new Set([...places].map(([word]) => word.toLowerCase().replace(/_/g, "-")));
  }

  function fits(slot, name, isPairIn) {
    const words = wordsOf(slot);
    const said = wordsIn(name);
    return isPairIn(slot, name) && said.size === words.length && words.every((word) => said.has(word));
  }

  function slotsIn(name) {
    const held = slots.filter((slot) => fits(slot, name, exactly));
    const pairs = held.map((slot) => slot.split(".")[0]);
    const longest = held.filter((_, n) => !pairs.some((o) => o !== pairs[n] && o.includes(pairs[n])));
    if (longest.length) return longest;
    // enfr, en_fr, en2fr and en-fr-primary count where exactly one slot fits. The server knows more.
    const loose = slots.filter((slot) => fits(slot, name, loosely));
    return loose.length === 1 ? loose : [];
  }

  function exactly(slot, name) {
    const words = WORDS.join("|"); // after the pair a hyphen may lead to such a word only
    const after = `(?![A-Za-z0-9])(?!-(?!(?:${words})(?![A-Za-z0-9])))`;
    return new RegExp(`(?<![A-Za-z0-9])${slot.split(".")[0]}${after}`, "i").test(name);
  }

  function loosely(slot, name) {
    const [source, target, ...rest] = slot.split(".")[0].split("-");
    if (rest.length) return false;
    return new RegExp(`(?:^|[._-])${source}[-_2]?${target}(?=[._-]|$)`, "i").test(name);
  }

  // What looks like a pair that is not wanted, such as en-de.
  function otherIn(name) {
    for (const [, first, second] of name.matchAll(PAIR)) {
      const [source, target] = [first.toLowerCase(), second.toLowerCase()];
      if (source !== target && LANGUAGES.of(source) && LANGUAGES.of(target)) {
        const isLocale = first === source && second !== target; // pt-BR is one language
        const pair = [`${source}-${target}`, ...wordsIn(name)].join(".");
        const says = isLocale ? `${source}-${second}` : pair;
        return { source, target, isLocale, slot: says };
      }
    }
    return null;
  }

  // en-zh may be en-zh-Hans, and pt-BR the target of en-pt-BR, where that is chosen.
  function mayBe(other, slot) {
    const pair = slot.toLowerCase().split(".")[0];
    const [source, ...targets] = pair.split("-");
    if (pair.endsWith(`-${other.source}-${other.target}`)) return true;
    if (other.isLocale && targets.length === 1 && targets[0] === other.source) return true;
    return other.source === source && targets.includes(other.target);
  }

  function chosenSlot() {
    if (slots.length === 1) return slots[0];
    if (!testSet || !testSet.value) return null;
    // The label ends with the test set's short name in brackets; a version is no part of the slot.
    const label = testSet.selectedOptions[0].textContent;
    return label.slice(label.lastIndexOf("(") + 1, -1).replace(/\.v\d+$/, "");
  }

  function verdictOn(file, isAlone) {
    const isZip = /\.zip$/i.test(file.name);
    if (!file.size) return { wrong: "is empty" };
    if (isZip) return { text: "a zip: the files in it say what they are for" };
    const found = slotsIn(file.name);
    const chosen = isAlone ? chosenSlot() : null;
    if (found.length > 1) return { wrong: `says ${found.join(" and ")}; keep one in its name` };
    if (found.length === 1) {
      if (chosen && chosen !== found[0]) return { wrong: `says ${found[0]}, but ${chosen} is chosen` };
      return { slot: found[0] };
    }
    const other = otherIn(file.name);
    if (other && !(chosen && mayBe(other, chosen))) {
      return { wrong: `says ${other.slot}, which is not wanted here` };
    }
    if (chosen) return { slot: chosen };
    const remedy = isAlone ? ", or choose the test set below" : "";
    return { wrong: `says no test set; name it such as NAME.${slots[0]}.txt${remedy}` };
  }

  // The list of what is chosen ----------------------------------------------------------------

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function size(bytes) {
    const units = ["bytes", "KB", "MB", "GB"];
    let unit = 0;
    while (bytes >= 1024 && unit < units.length - 1) {
      bytes /= 1024;
      unit += 1;
    }
    return `${unit ? bytes.toFixed(1) : bytes} ${units[unit]}`;
  }

  function keep(files) {
    const kept = new DataTransfer();
    for (const file of files) kept.items.add(file);
    input.files = kept.files;
    show();
  }

  function row(file, verdict) {
    const line = element("li", verdict.wrong ? "is-wrong" : "");
    line.append(element("span", "file-name", file.name));
    line.append(element("small", "quiet", size(file.size)));
    const words = verdict.slot ? `→ ${verdict.slot}` : verdict.text || `✗ ${verdict.wrong}`;
    const kind = verdict.wrong ? "wrong" : verdict.slot ? "slot" : "zip";
    line.append(element("span", kind, words));
    const remove = element("button", "link-button remove", "Remove");
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove ${file.name}`);
    remove.addEventListener("click", () => {
      keep([...input.files].filter((other) => other !== file));
      input.focus();
    });
    line.append(remove);
    return line;
  }

  function totals(files) {
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const count = files.length === 1 ? "1 file" : `${files.length} files`;
    const problems = [];
    if (total > maxBytes) problems.push(`together at most ${size(maxBytes)} can be sent`);
    if (files.length > maxFiles) problems.push(`at most ${maxFiles} files; put them into a zip`);
    const text = `${count}, ${size(total)} of at most ${size(maxBytes)}`;
    const words = problems.length ? `${text}: ${problems.join("; ")}` : text;
    return element("p", problems.length ? "wrong" : "quiet", words);
  }

  function show() {
    const files = [...input.files];
    list.replaceChildren();
    if (!files.length) return;
    const verdicts = files.map((file) => verdictOn(file, files.length === 1));
    const first = new Map();
    for (const verdict of verdicts) {
      if (!verdict.slot) continue;
      const rival = first.get(verdict.slot);
      if (rival) {
        const wrong = `two files for ${verdict.slot}; keep one`;
        for (const one of [rival, verdict]) Object.assign(one, { wrong, slot: "" });
      } else {
        first.set(verdict.slot, verdict);
      }
    }
    const rows = element("ul");
    rows.append(...files.map((file, number) => row(file, verdicts[number])));
    list.append(rows, totals(files));
    if (verdicts.some((verdict) => verdict.wrong)) {
      const advice = "You can send all of it: what fits is scored, the rest is refused with its reason.";
      list.append(element("p", "quiet", advice));
    }
  }

  // Dropping and sending ----------------------------------------------------------------------

  let depth = 0; // of elements inside the area that the pointer has entered

  function isOfFiles(event) {
    return event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  }

  area.addEventListener("dragenter", (event) => {
    if (!isOfFiles(event)) return;
    depth += 1;
    area.classList.add("is-over");
  });
  area.addEventListener("dragleave", () => {
    depth = Math.max(depth - 1, 0);
    if (!depth) area.classList.remove("is-over");
  });
  area.addEventListener("dragover", (event) => {
    if (isOfFiles(event)) event.preventDefault();
  });
  area.addEventListener("drop", (event) => {
    if (!isOfFiles(event)) return;
    event.preventDefault();
    depth = 0;
    area.classList.remove("is-over");
    const added = [...event.dataTransfer.files];
    const names = new Set(added.map((file) => file.name));
    keep([...[...input.files].filter((file) => !names.has(file.name)), ...added]);
  });
  // Next to the area a dropped file would open in the place of the form, and lose what was typed.
  for (const kind of ["dragover", "drop"]) {
    window.addEventListener(kind, (event) => isOfFiles(event) && event.preventDefault());
  }

  input.addEventListener("change", show);
  if (testSet) testSet.addEventListener("change", show);
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button:not([type])")) button.disabled = true;
    sending.textContent = "Sending …";
  });
  window.addEventListener("pageshow", () => {
    for (const button of form.querySelectorAll("button:not([type])")) button.disabled = false;
    sending.textContent = "";
    show();
  });
  field.querySelector(".drop-hint").hidden = false;
})();
