/* Aegis — sends a folder in parts, which htmx cannot do. Without this file the form posts the files whole.

   POST <uploads>                      → {"id": …}
   HEAD <uploads><id>/files/<path>     → Upload-Offset: how many bytes of the file are there
   PUT  <uploads><id>/files/<path>     one part; Content-Range: bytes a-b/size, Upload-Offset: a
                                       → {"received": …, "complete": …, "sha256": …}
   DELETE <uploads><id>/files/<path>   leave a file out again
   A refusal is application/problem+json, and its detail is shown beside the file. */
{
  const PART = 8 * 1024 * 1024;
  const AT_ONCE = 2;
  const TRIES = 4;
  const LEFT_OUT = [/(^|\/)\.DS_Store$/, /(^|\/)Thumbs\.db$/i, /(^|\/)\.git\//, /(^|\/)__MACOSX\//, /(^|\/)\.ipynb_checkpoints\//];
  const LOOKS = {
    waiting: ["idle", "clock"], sending: ["open", "open"], here: ["pass", "pass"],
    refused: ["fail", "fail"], stopped: ["warn", "warn"],
  };

  class Refused extends Error {}

  for (const section of document.querySelectorAll("[data-upload]")) start(section);

  function start(section) {
    const form = section.closest("form");
    const find = (name) => section.querySelector(`[data-upload-${name}]`);
    const field = section.querySelector('input[name="upload"]');
    const files = new Map();
    const leftOut = [];
    let abort = new AbortController();
    let began = 0;
    let sent = 0;
    let making;

    for (const hint of section.querySelectorAll("[data-upload-drop]")) hint.hidden = false;
    section.addEventListener("change", ({ target }) => {
      if (target.type !== "file") return;
      add([...target.files].map((file) => [relative(file), file]));
      target.value = "";
    });
    const zone = section.querySelector(".drop-zone");
    for (const type of ["dragover", "dragleave", "drop"]) {
      zone.addEventListener(type, (event) => {
        event.preventDefault();
        zone.toggleAttribute("data-over", type === "dragover");
        if (type === "drop") dropped(event.dataTransfer).then(add);
      });
    }
    find("pause").addEventListener("click", () => (abort.signal.aborted ? resumeAll() : abort.abort()));
    form.addEventListener("submit", () => {
      for (const input of section.querySelectorAll('input[type="file"]')) input.disabled = true;
    });
    draw();

    function add(found) {
      for (const [path, file] of found) {
        if (LEFT_OUT.some((rule) => rule.test(path))) { leftOut.push(path); continue; }
        const known = files.get(path);
        if (known?.state === "here") continue;
        known?.row.remove();
        const item = { path, file, row: makeRow(path, file), state: "waiting", received: 0, note: "" };
        item.row.querySelector("[data-resume]").addEventListener("click", () => { wait(item); work(); });
        item.row.querySelector("[data-leave-out]").addEventListener("click", () => leaveOut(item));
        files.set(path, item);
      }
      resumeAll();
    }

    function makeRow(path, file) {
      const row = find("row").content.firstElementChild.cloneNode(true);
      row.querySelector("[data-path]").textContent = path;
      row.querySelector("[data-size]").textContent = size(file.size);
      find("table").tBodies[0].append(row);
      return row;
    }

    function wait(item) {
      item.state = "waiting";
      item.note = "";
      if (abort.signal.aborted) abort = new AbortController();
    }

    function resumeAll() {
      abort = new AbortController();
      for (const item of files.values()) if (item.state === "stopped") wait(item);
      began = performance.now();
      sent = 0;
      work();
    }

    function work() {
      const busy = [...files.values()].filter((item) => item.state === "sending").length;
      const next = [...files.values()].filter((item) => item.state === "waiting");
      for (const item of next.slice(0, AT_ONCE - busy)) send(item).finally(work);
      draw();
    }

    async function leaveOut(item) {
      if (item.received && (await request(item, "DELETE")).status >= 400) {
        item.note = "It could not be removed again. Start a new upload without it.";
      } else {
        files.delete(item.path);
        item.row.remove();
        leftOut.push(item.path);
      }
      draw();
    }

    async function send(item) {
      item.state = "sending";
      draw();
      try {
        making ??= field.value ? Promise.resolve() : open();
        await making;
        await sendParts(item);
        item.state = "here";
      } catch (problem) {
        if (!field.value) making = undefined;
        item.state = problem instanceof Refused ? "refused" : "stopped";
        item.note = problem instanceof Refused ? problem.message
          : `${abort.signal.aborted ? "Paused" : "The connection broke"}. ${size(item.received)} are safe here.`;
      }
      draw();
    }

    async function open() {
      const answer = await fetch(section.dataset.upload, {
        method: "POST", headers: { "Content-Type": "application/json", ...csrf() }, body: "{}", signal: abort.signal,
      });
      if (!answer.ok) throw new Refused(await sentence(answer));
      field.value = (await answer.json()).id;
    }

    async function sendParts(item) {
      const asked = await request(item, "HEAD");
      item.received = asked.ok ? Number(asked.headers.get("Upload-Offset") ?? 0) : 0;
      let answer = { complete: asked.headers.get("Upload-Complete") === "?1" };
      while (!answer.complete) {
        answer = await sendPart(item, item.received);
        if (!answer.complete && answer.received <= item.received && item.file.size > 0) throw new Refused("The server takes no more of this file.");
        sent += Math.max(0, answer.received - item.received);
        item.received = answer.received;
        draw();
      }
      item.received = item.file.size;
      item.digest = answer.sha256;
    }

    async function sendPart(item, offset) {
      const body = item.file.slice(offset, offset + PART);
      const headers = { "Content-Type": "application/octet-stream", "Upload-Offset": String(offset) };
      if (body.size) headers["Content-Range"] = `bytes ${offset}-${offset + body.size - 1}/${item.file.size}`;
      const answer = await request(item, "PUT", headers, body);
      if (answer.ok) return answer.json();
      if (answer.status === 409) {
        const { wanted } = await problemOf(answer.clone());
        if (Number.isInteger(wanted) && wanted !== offset) return { received: wanted, complete: false };
      }
      throw new Refused(await sentence(answer));
    }

    /* A server that is away or busy is asked again, each time after a longer pause. */
    async function request(item, method, headers = {}, body = undefined) {
      const address = `${section.dataset.upload}${field.value}/files/${item.path.split("/").map(encodeURIComponent).join("/")}`;
      for (let attempt = 1; ; attempt += 1) {
        try {
          const answer = await fetch(address, { method, headers: { ...headers, ...csrf() }, body, signal: abort.signal });
          if (answer.status < 500 || attempt === TRIES) return answer;
        } catch (problem) {
          if (abort.signal.aborted || attempt === TRIES) throw problem;
        }
        await new Promise((resolve) => { setTimeout(resolve, 500 * 2 ** attempt); });
      }
    }

    function csrf() {
      return { "X-CSRFToken": form.querySelector('[name="csrfmiddlewaretoken"]').value };
    }

    function draw() {
      const all = [...files.values()];
      const total = all.reduce((sum, { file }) => sum + file.size, 0);
      const here = all.reduce((sum, { received }) => sum + received, 0);
      const count = (state) => all.filter((item) => item.state === state).length;
      all.forEach(drawRow);
      find("table").hidden = !all.length;
      find("progress").hidden = !all.length;
      find("progress").querySelector("progress").value = total ? here / total : 1;
      find("percent").textContent = `${total ? Math.floor((here / total) * 100) : 100}%`;
      find("amount").textContent = `${size(here)} of ${size(total)}`;
      const seconds = (performance.now() - began) / 1000;
      find("speed").textContent = count("sending") && sent ? `${size(sent / seconds)}/s` : "";
      find("pause").hidden = !count("sending") && !count("stopped");
      find("pause").textContent = abort.signal.aborted || !count("sending") ? "Go on" : "Pause all";
      const words = [["here", "here"], ["sending", "sending"], ["waiting", "waiting"], ["stopped", "stopped"], ["refused", "refused"]];
      find("summary").textContent = all.length
        ? `${all.length} files, ${size(total)}. ${words.filter(([state]) => count(state)).map(([state, word]) => `${count(state)} ${word}`).join(", ")}`
        : "";
      find("left-out").hidden = !leftOut.length;
      find("left-out").textContent = `${leftOut.length} left out: ${leftOut.slice(0, 5).join(", ")}${leftOut.length > 5 ? " …" : ""}`;
      const submit = form.querySelector("[data-upload-submit]");
      if (submit) submit.disabled = all.length > 0 && count("here") < all.length;
    }

    function drawRow({ row, state, file, received, note, digest, path }) {
      const [status, icon] = LOOKS[state];
      const percent = file.size ? Math.floor((received / file.size) * 100) : 0;
      const words = { waiting: "Waiting", sending: `Sending, ${percent}%`, here: "Here", refused: "Refused", stopped: `Stopped at ${percent}%` };
      const mark = row.querySelector(".status");
      const use = mark.querySelector("use");
      const bar = row.querySelector("progress");
      mark.dataset.status = status;
      use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#icon-${icon}`));
      row.querySelector("[data-state]").textContent = words[state];
      row.querySelector("[data-note]").textContent = note;
      row.querySelector("[data-digest]").textContent = digest ? `sha256:${digest.slice(0, 8)}…` : "";
      row.querySelector("[data-resume]").hidden = state !== "stopped" && state !== "refused";
      row.querySelector("[data-leave-out]").hidden = state === "sending";
      bar.hidden = state !== "sending" && state !== "stopped";
      bar.value = file.size ? received / file.size : 0;
      bar.dataset.status = status;
      bar.setAttribute("aria-label", path);
    }
  }

  /* The path inside the chosen folder; the folder's own name is not part of it. */
  function relative(file) {
    return file.webkitRelativePath ? file.webkitRelativePath.split("/").slice(1).join("/") : file.name;
  }

  async function dropped(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const isOneFolder = entries.length === 1 && entries[0].isDirectory;
    const found = (await Promise.all(entries.map((entry) => walk(entry, "")))).flat();
    return isOneFolder ? found.map(([path, file]) => [path.split("/").slice(1).join("/"), file]) : found;
  }

  async function walk(entry, above) {
    const path = above + entry.name;
    if (entry.isFile) return [[path, await new Promise((resolve, reject) => { entry.file(resolve, reject); })]];
    const reader = entry.createReader();
    const inside = [];
    for (;;) {
      const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
      if (!some.length) break;
      inside.push(...some);
    }
    return (await Promise.all(inside.map((child) => walk(child, `${path}/`)))).flat();
  }

  async function problemOf(answer) {
    try { const body = await answer.json(); return { ...body, ...body.details }; } catch { return {}; }
  }

  async function sentence(answer) {
    const { detail, mend } = await problemOf(answer);
    return [detail ?? `The server refused it (${answer.status}).`, mend].filter(Boolean).join(" ");
  }

  function size(bytes) {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let amount = bytes;
    let unit = 0;
    while (amount >= 999.5 && unit < units.length - 1) { amount /= 1000; unit += 1; }
    return `${unit && amount < 99.95 ? amount.toFixed(1) : Math.round(amount)} ${units[unit]}`;
  }
}
