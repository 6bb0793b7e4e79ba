/* Aegis — progressive enhancement only. Every page works without this file. */
const isTyping = (el) => el.closest("input, select, textarea, [contenteditable]");
const root = document.documentElement;

/* Theme and shortcuts: two cookies, from which the server prints data-theme and data-shortcuts. */
const A_YEAR = 365 * 24 * 3600;
function remember(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=${A_YEAR}; samesite=lax${secure}`;
}
document.addEventListener("change", ({ target }) => {
  if (target.matches('input[name="theme"]')) {
    remember("aegis_theme", target.value);
    if (target.value === "system") delete root.dataset.theme;
    else root.dataset.theme = target.value;
    for (const radio of document.querySelectorAll('input[name="theme"]')) radio.checked = radio.value === target.value;
  }
  if (target.matches('input[name="shortcuts"]')) {
    root.dataset.shortcuts = target.checked ? "on" : "off";
    remember("aegis_shortcuts", root.dataset.shortcuts);
  }
});

/* Copy, print, dialogs, toasts. Delegated, so htmx-swapped content needs no re-binding. */
document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy], [data-copy-from]");
  if (copy) {
    const text = copy.dataset.copy ?? document.getElementById(copy.dataset.copyFrom).textContent;
    /* The clipboard exists only over HTTPS and on localhost. */
    try { await navigator.clipboard.writeText(text.trim()); announce("Copied to clipboard"); }
    catch { announce("Could not copy here. Select the text instead."); }
  }
  if (event.target.closest("[data-print]")) window.print();
  const opener = event.target.closest("[data-opens-dialog]");
  if (opener) document.getElementById(opener.dataset.opensDialog).showModal();
  if (event.target.closest("[data-closes-dialog]")) event.target.closest("dialog").close();
  event.target.closest("[data-dismiss-toast]")?.closest(".toast").remove();
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (!event.target.closest(".topbar-search")) clearSuggestions();
});

/* Say something in the corner, for as long as it takes to read; the same thing only once. */
function announce(message) {
  const region = document.querySelector(".toasts");
  if ([...region.children].some((toast) => toast.textContent === message)) return;
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.textContent = message;
  region.append(toast);
  setTimeout(() => toast.remove(), Math.max(2500, message.length * 60));
}

/* htmx: a refusal answers a whole page. Say its sentence, and follow a sign-in that has ended. */
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { xhr, target } = detail;
  if (!/^\s*<!doctype/i.test(xhr.responseText) || target === document.body) return;
  detail.shouldSwap = false;
  if (xhr.status < 400) { location.assign(xhr.responseURL); return; }
  const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
  const sentence = page.querySelector("[data-sentence]") ?? page.querySelector("h1");
  announce(sentence?.textContent.trim() || `That did not work (${xhr.status}). Load the page again.`);
});
document.addEventListener("htmx:sendError", () => announce("Aegis does not answer. Nothing was changed."));

/* Search suggestions: Esc and a click elsewhere close them, arrows walk through them. */
function clearSuggestions() {
  for (const list of document.querySelectorAll(".search-suggestions")) list.replaceChildren();
}
function walkSuggestions(event) {
  const stops = [document.getElementById("search"), ...document.querySelectorAll(".search-suggestions a")];
  const here = stops.indexOf(event.target);
  if (here < 0 || stops.length < 2) return;
  event.preventDefault();
  stops[(here + (event.key === "ArrowDown" ? 1 : stops.length - 1)) % stops.length].focus();
}

/* Review: ask for what each decision needs before the server has to. */
document.addEventListener("change", (event) => {
  if (event.target.name !== "verdict") return;
  const { comment, read_warnings: readWarnings } = event.target.form.elements;
  if (comment) comment.required = event.target.value !== "approve";
  if (readWarnings) readWarnings.required = event.target.value === "approve";
});

/* Keyboard. Elements name their own key with data-shortcut; nothing fires while typing. */
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll(".menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
    clearSuggestions();
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") walkSuggestions(event);
  if ((event.metaKey || event.ctrlKey) && event.key === "Enter") event.target.form?.requestSubmit();
  if (isTyping(event.target) && event.target.type !== "radio") return;
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  const search = document.getElementById("search");
  if (event.key === "/" && search) { event.preventDefault(); search.focus(); return; }
  if (root.dataset.shortcuts !== "on") return;
  if (event.key === "e") {
    const gates = [...document.querySelectorAll(".gate")];
    const open = gates.some((gate) => !gate.open);
    gates.forEach((gate) => { gate.open = open; });
    return;
  }
  const target = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  target.focus();
  if (target.type === "radio") target.click();
  else if (target.matches("a, button")) target.click();
});
