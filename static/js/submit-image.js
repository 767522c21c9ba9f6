// The upload form for images: the archive may be dropped, the form is asked before the upload
// begins, and the upload shows how far it is. Without this script the form works as any other.
(() => {
  "use strict";
  const SHOW_EVERY = 500; // ms between two words about the progress
  const RATE_AFTER = 3000; // ms of upload before the time left can be told
  let sent = null; // the upload that goes on

  function size(bytes) {
    const units = ["bytes", "KB", "MB", "GB"];
    let unit = 0;
    while (bytes >= 1024 && unit < units.length - 1) {
      bytes /= 1024;
      unit += 1;
    }
    return `${unit ? bytes.toFixed(1) : bytes} ${units[unit]}`;
  }

  function left(seconds) {
    if (seconds < 60) return "less than a minute left";
    const minutes = Math.ceil(seconds / 60);
    if (minutes < 60) return `about ${minutes} min left`;
    return `about ${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
  }

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function isOfFiles(event) {
    return event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  }

  // Next to the area a dropped file would open in the place of the form, and lose what was typed.
  for (const kind of ["dragover", "drop"]) {
    window.addEventListener(kind, (event) => isOfFiles(event) && event.preventDefault());
  }
  window.addEventListener("beforeunload", (event) => {
    if (sent) event.preventDefault();
  });

  function begin(keptInput) {
    const field = document.getElementById("archive");
    if (!field) return;
    const form = field.closest("form");
    const area = field.querySelector(".drop-area");
    const chosen = field.querySelector(".chosen");
    const sending = document.getElementById("sending");
    const upload = document.getElementById("upload");
    const bar = upload.querySelector("progress");
    const words = document.getElementById("upload-words");
    const maxBytes = Number(field.dataset.maxBytes);
    let input = field.querySelector("input[type=file]");
    if (keptInput) {
      input.replaceWith(keptInput);
      input = keptInput;
    }

    function show() {
      chosen.replaceChildren();
      const [file] = input.files;
      if (!file) return;
      const row = element("li", file.size > maxBytes ? "is-wrong" : "");
      row.append(element("span", "file-name", file.name), element("small", "quiet", size(file.size)));
      if (file.size > maxBytes) {
        row.append(element("span", "wrong", `✗ larger than ${size(maxBytes)}, the most we take`));
      }
      const rows = element("ul");
      rows.append(row);
      chosen.append(rows);
    }

    function lock(isLocked, text) {
      for (const one of form.elements) {
        if (one.id !== "stop") one.disabled = isLocked;
      }
      sending.textContent = text;
    }

    function stopped(text) {
      sent = null;
      upload.hidden = true;
      lock(false, text);
    }

    // What the server says of a form that it does not take stands in the page's place.
    function replace(html) {
      const answer = new DOMParser().parseFromString(html, "text/html");
      const main = answer.querySelector("main");
      if (!main) return stopped("The server gave an answer that can't be shown. Try again later.");
      sent = null;
      document.getElementById("main").replaceWith(document.adoptNode(main));
      document.title = answer.title;
      begin(input);
      const first = document.querySelector("#main [role=alert]");
      if (first) first.scrollIntoView({ block: "center" });
    }

    async function ask(file) {
      const question = new FormData(form);
      question.delete(input.name);
      question.set("announced", file.size);
      const answer = await fetch(form.action, { method: "POST", body: question });
      if (answer.redirected) location.assign(answer.url); // to the sign-in
      else if (answer.status !== 204) replace(await answer.text());
      return answer.status === 204;
    }

    function send(data) {
      const request = new XMLHttpRequest();
      const started = Date.now();
      let shown = 0;
      sent = request;
      upload.hidden = false;
      request.upload.addEventListener("progress", (event) => {
        const now = Date.now();
        bar.value = event.loaded / event.total;
        if (now - shown < SHOW_EVERY && event.loaded < event.total) return;
        shown = now;
        const share = `${size(event.loaded)} of ${size(event.total)} sent`;
        const seconds = ((now - started) / 1000) * (event.total / event.loaded - 1);
        words.textContent = now - started < RATE_AFTER ? share : `${share}, ${left(seconds)}`;
      });
      request.upload.addEventListener("load", () => {
        words.textContent = "All of it is sent; it is being stored.";
      });
      request.addEventListener("load", () => {
        sent = null;
        if (request.status >= 400) replace(request.responseText);
        else location.assign(request.responseURL);
      });
      request.addEventListener("error", () => {
        stopped("The connection broke off, and nothing was stored. Submit again when it is back.");
      });
      request.addEventListener("abort", () => stopped("Stopped; nothing was stored."));
      request.open("POST", form.action);
      request.send(data);
    }

    form.addEventListener("submit", async (event) => {
      const [file] = input.files;
      if (!file) return; // an image in a registry, or the server says what is missing
      event.preventDefault();
      const data = new FormData(form);
      const question = ask(file);
      lock(true, "Asking whether it can be taken …");
      try {
        if (!(await question)) return;
      } catch {
        stopped("The server does not answer. Try again in a moment.");
        return;
      }
      sending.textContent = "Keep this page open until all of it is sent.";
      send(data);
    });
    document.getElementById("stop").addEventListener("click", () => sent && sent.abort());

    let depth = 0; // of elements inside the area that the pointer has entered
    area.addEventListener("dragenter", (event) => {
      if (!isOfFiles(event)) return;
      depth += 1;
      area.classList.add("is-over");
    });
    area.addEventListener("dragleave", () => {
      depth = Math.max(depth - 1, 0);
      if (!depth) area.classList.remove("is-over");
    });
    area.addEventListener("drop", (event) => {
      if (!isOfFiles(event)) return;
      depth = 0;
      area.classList.remove("is-over");
      const kept = new DataTransfer();
      kept.items.add(event.dataTransfer.files[0]);
      input.files = kept.files;
      show();
    });
    input.addEventListener("change", show);
    window.addEventListener("pageshow", () => {
      if (!sent) lock(false, "");
      show();
    });
    field.querySelector(".drop-hint").hidden = false;
    lock(false, "");
    show();
  }

  begin();
})();
