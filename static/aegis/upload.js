/* Aegis — sends a folder in parts, which htmx cannot do. Without this file the form posts the files whole.

   POST <uploads>                    → {"id": …}
   GET  <uploads><id>/               → {"files": [{"path", "size", "received", "complete", "sha256"} …]}
   PUT  <uploads><id>/files/<path>   one part; Content-Range: bytes a-b/size, Upload-Offset: a
                                     → {"received", "complete", "sha256"}
   DELETE <uploads><id>/files/<path> leave a file out again
   DELETE <uploads><id>/             give the upload up
   Each file is hashed here too, and what arrived is held against that: so a file that changed
   between two tries is noticed. A refusal is application/problem+json; its sentence is shown.
   The browser remembers the upload of a model, for each account: after it was closed, the page
   shows what has arrived, and files that are chosen again go on where they stopped. */
{
  const PART = 8 * 1024 * 1024;
  const AT_ONCE = 2;
  const TRIES = 4;
  const LEFT_OUT = [/(^|\/)\.DS_Store$/, /(^|\/)Thumbs\.db$/i, /(^|\/)\.git\//, /(^|\/)__MACOSX\//, /(^|\/)\.ipynb_checkpoints\//];
  const LOOKS = {
    waiting: ["idle", "clock"], sending: ["open", "open"], here: ["pass", "pass"],
    refused: ["fail", "fail"], stopped: ["warn", "warn"], missing: ["warn", "warn"],
  };

  class Refused extends Error {}

  for (const section of document.querySelectorAll("[data-upload]")) start(section);

  function start(section) {
    const form = section.closest("form");
    const find = (name) => section.querySelector(`[data-upload-${name}]`);
    const field = section.querySelector('input[name="upload"]');
    const files = new Map();
    const leftOut = [];
    const memory = memoryOf(`aegis-upload:${section.dataset.uploadOwner}:${section.dataset.uploadFor}`);
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
    find("discard").addEventListener("click", discard);
    form.addEventListener("submit", () => {
      for (const input of section.querySelectorAll('input[type="file"]')) input.disabled = true;
    });
    draw();
    takeUp();

    function add(found) {
      for (const [path, file] of found) {
        if (LEFT_OUT.some((rule) => rule.test(path))) { leftOut.push(path); continue; }
        const known = files.get(path);
        if (known?.state === "here" && !known.isKept) continue;
        known?.row.remove();
        const item = makeItem(path, file, "waiting");
        if (known?.isKept) Object.assign(item, { wasSent: true, mayDiffer: true, isOther: known.file.size !== file.size });
      }
      resumeAll();
    }

    function makeItem(path, file, state) {
      const row = find("row").content.firstElementChild.cloneNode(true);
      const item = { path, file, row, state, received: 0, note: "", hash: new Sha256() };
      row.querySelector("[data-path]").textContent = path;
      row.querySelector("[data-size]").textContent = size(file.size);
      row.querySelector("[data-resume]").addEventListener("click", () => { wait(item); work(); });
      row.querySelector("[data-leave-out]").addEventListener("click", () => leaveOut(item));
      find("table").tBodies[0].append(row);
      files.set(path, item);
      return item;
    }

    /* Show what was sent before: for the form that is shown again, or by an earlier visit. */
    async function takeUp() {
      const isShownAgain = Boolean(field.value);
      const kept = field.value || memory.recall();
      if (!kept) return;
      const answer = await fetch(`${section.dataset.upload}${kept}/`).catch(() => undefined);
      if (!answer || answer.status >= 500 || (field.value && !isShownAgain)) return;
      const upload = answer.ok ? await answer.json() : undefined;
      if (upload?.state !== "open") { memory.forget(); return; }
      if (!upload.files.length) return;
      field.value = upload.id;
      for (const known of upload.files) {
        if (files.has(known.path)) continue;
        const item = makeItem(known.path, { size: known.size ?? known.received }, known.complete ? "here" : "missing");
        Object.assign(item, { received: known.received, digest: known.sha256, isKept: true, wasSent: true });
      }
      const [count, verb] = upload.files.length === 1 ? ["1 file", "is"] : [`${upload.files.length} files`, "are"];
      find("kept-words").textContent = `${count} of an upload from ${moment(upload.created_at)} ${verb} here.`;
      find("kept-advice").textContent = upload.files.every(({ complete }) => complete)
        ? "Nothing of them is missing." : "Choose the same files to go on: only what is missing is sent.";
      find("kept").hidden = isShownAgain;
      draw();
    }

    async function discard() {
      const answer = await ask(`${section.dataset.upload}${field.value}/`, { method: "DELETE" });
      if (!answer.ok && answer.status !== 404 && answer.status !== 409) { find("kept-words").textContent = await sentence(answer); return; }
      memory.forget();
      field.value = "";
      making = undefined;
      for (const item of [...files.values()]) {
        if (item.isKept) { files.delete(item.path); item.row.remove(); }
      }
      find("kept").hidden = true;
      find("folder").focus();
      draw();
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
      files.delete(item.path);
      item.row.remove();
      leftOut.push(item.path);
      draw();
      if (field.value && item.wasSent && !(await request(item, "DELETE")).ok) sendRestAnew();
    }

    /* An upload that cannot let go of a file is given up, and the others go into a new one. */
    function sendRestAnew() {
      field.value = "";
      making = undefined;
      for (const item of files.values()) Object.assign(item, { received: 0, hash: new Sha256(), digest: "", wasSent: false });
      for (const item of files.values()) wait(item);
      work();
    }

    async function send(item) {
      item.state = "sending";
      draw();
      try {
        making ??= field.value ? Promise.resolve() : open();
        await making;
        if (item.isOther) { await request(item, "DELETE"); item.isOther = false; }
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
      memory.keep(field.value);
    }

    async function sendParts(item) {
      let answer = await there(item);
      item.received = answer.received;
      item.wasSent = true;
      while (!answer.complete) {
        answer = await sendPart(item, item.received);
        if (!answer.complete && answer.received <= item.received && item.file.size > 0) throw new Refused("The server takes no more of this file.");
        sent += Math.max(0, answer.received - item.received);
        item.received = answer.received;
        draw();
      }
      item.received = item.file.size;
      await hashTo(item, item.file.size);
      item.digest = item.hash.hex();
      if (answer.sha256 && answer.sha256 !== item.digest) {
        item.hash = new Sha256();
        if (item.mayDiffer) {
          Object.assign(item, { mayDiffer: false, received: 0 });
          await request(item, "DELETE");
          return sendParts(item);
        }
        throw new Refused("Other bytes are there under this name. Leave the file out and add it again.");
      }
    }

    /* How much of a file has arrived. The last part is sent again if nobody said that it was the last. */
    async function there(item) {
      const answer = await ask(`${section.dataset.upload}${field.value}/`, { method: "GET" });
      const known = answer.ok && (await answer.json()).files.find(({ path }) => path === item.path);
      if (!known) return { received: 0, complete: false };
      if (known.complete) return known;
      const lastPart = Math.max(0, Math.ceil(item.file.size / PART) - 1) * PART;
      return { received: Math.min(known.received, lastPart), complete: false };
    }

    async function hashTo(item, end) {
      while (item.hash.length < end) {
        const from = item.hash.length;
        const piece = item.file.slice(from, Math.min(end, from + PART));
        item.hash.update(new Uint8Array(await piece.arrayBuffer()));
      }
    }

    async function sendPart(item, offset) {
      const body = item.file.slice(offset, offset + PART);
      await hashTo(item, offset + body.size);
      const headers = { "Content-Type": "application/octet-stream", "Upload-Offset": String(offset) };
      if (body.size) headers["Content-Range"] = `bytes ${offset}-${offset + body.size - 1}/${item.file.size}`;
      const answer = await request(item, "PUT", headers, body);
      if (answer.ok) return answer.json();
      if (answer.status === 409) {
        const { code, wanted, sha256 } = await problemOf(answer.clone());
        if (code === "file_sealed") return { received: item.file.size, complete: true, sha256 };
        if (Number.isInteger(wanted) && wanted !== offset) return { received: wanted, complete: false };
      }
      throw new Refused(await sentence(answer));
    }

    function request(item, method, headers = {}, body = undefined) {
      const path = item.path.split("/").map(encodeURIComponent).join("/");
      return ask(`${section.dataset.upload}${field.value}/files/${path}`, { method, headers, body });
    }

    /* A server that is away or busy is asked again, each time after a longer pause. */
    async function ask(address, { method, headers = {}, body = undefined }) {
      const { signal } = abort;
      for (let attempt = 1; ; attempt += 1) {
        try {
          const answer = await fetch(address, { method, headers: { ...headers, ...csrf() }, body, signal });
          if (answer.status < 500 || attempt === TRIES) return answer;
        } catch (problem) {
          if (signal.aborted || attempt === TRIES) throw problem;
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
      const words = [["here", "here"], ["sending", "sending"], ["waiting", "waiting"], ["stopped", "stopped"], ["missing", "to be chosen again"], ["refused", "refused"]];
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
      const words = { waiting: "Waiting", sending: `Sending, ${percent}%`, here: "Here", refused: "Refused", stopped: `Stopped at ${percent}%`, missing: `${percent}% here` };
      const mark = row.querySelector(".status");
      const use = mark.querySelector("use");
      const bar = row.querySelector("progress");
      mark.dataset.status = status;
      use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#icon-${icon}`));
      row.querySelector("[data-state]").textContent = words[state];
      row.querySelector("[data-note]").textContent = note;
      row.querySelector("[data-digest]").textContent = digest ? `sha256:${digest.slice(0, 8)}…` : "";
      row.querySelector("[data-again]").textContent = state === "refused" ? "Send again" : "Resume";
      row.querySelector("[data-resume]").hidden = state !== "stopped" && state !== "refused";
      row.querySelector("[data-leave-out]").hidden = state === "sending";
      bar.hidden = !["sending", "stopped", "missing"].includes(state);
      bar.value = file.size ? received / file.size : 0;
      bar.dataset.status = status;
      bar.setAttribute("aria-label", path);
    }
  }

  /* What this browser remembers under a name; nothing where it keeps no such things. */
  function memoryOf(name) {
    const quietly = (act) => { try { return act(); } catch { return undefined; } };
    return {
      recall: () => quietly(() => localStorage.getItem(name)),
      keep: (value) => quietly(() => localStorage.setItem(name, value)),
      forget: () => quietly(() => localStorage.removeItem(name)),
    };
  }

  function moment(at) {
    return new Date(at).toLocaleString("en-GB", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
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
    try { return await answer.json(); } catch { return {}; }
  }

  async function sentence(answer) {
    const { title, mend } = await problemOf(answer);
    return [title ?? `The server refused it (${answer.status}).`, mend].filter(Boolean).join(" ");
  }

  function size(bytes) {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let amount = bytes;
    let unit = 0;
    while (amount >= 999.5 && unit < units.length - 1) { amount /= 1000; unit += 1; }
    return `${unit && amount < 99.95 ? amount.toFixed(1) : Math.round(amount)} ${units[unit]}`;
  }
}
