// The palette: / or Ctrl-K opens it, what is typed is looked for at once, arrows walk what is found, and
// Enter goes there. A module, so that its names are its own. Without it the field in the header leads to
// the page that finds the same.

const WAIT_MS = 120;

const palette = document.getElementById("palette");
const field = document.getElementById("palette-text");
const list = document.getElementById("palette-found");
const said = palette?.querySelector("[role=status]");
const opener = document.querySelector(".palette-open");

let waiting;
let asked = new AbortController();
let answered;                 // the text that the list on show is an answer to

const hits = () => [...list.querySelectorAll("[role=option]")];
const chosen = () => list.querySelector("[aria-selected=true]");

function open() {
  if (palette.open || document.querySelector("dialog[open]")) return;
  palette.showModal();
  field.value = "";
  field.focus();
  look();
}

function choose(hit) {
  chosen()?.setAttribute("aria-selected", "false");
  hit?.setAttribute("aria-selected", "true");
  if (hit) field.setAttribute("aria-activedescendant", hit.id);
  else field.removeAttribute("aria-activedescendant");
  hit?.scrollIntoView({ block: "nearest" });
}

function walk(step) {
  const all = hits();
  if (!all.length) return;
  const at = all.indexOf(chosen());
  choose(all[(at + step + all.length) % all.length]);
}

function element(tag, attributes, text) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

function show(groups) {
  let no = 0;
  list.replaceChildren(...groups.map((group, at) => {
    const whole = element("div", { role: "group", "aria-labelledby": `palette-group-${at}` });
    whole.append(element("p", { id: `palette-group-${at}`, class: "palette-name", role: "presentation" }, group.name));
    for (const hit of group.hits) {
      const row = element("div", { role: "option", id: `palette-${no++}`, class: "palette-hit", "aria-selected": "false", "data-url": hit.url });
      row.append(element("span", {}, hit.label));
      if (hit.detail) row.append(element("span", {}, hit.detail));
      whole.append(row);
    }
    return whole;
  }));
  field.setAttribute("aria-expanded", String(no > 0));
  said.textContent = no ? palette.dataset.found.replace("{n}", no) : palette.dataset.nothing;
  choose(hits()[0]);
}

async function look() {
  asked.abort();
  asked = new AbortController();
  const text = field.value;
  try {
    const answer = await fetch(`/console/palette?${new URLSearchParams({ q: text })}`, { signal: asked.signal });
    if (!answer.ok) return;
    const { groups } = await answer.json();
    if (!palette.open || text !== field.value) return;
    answered = text;
    show(groups);
  } catch { /* overtaken by the next letter, or offline: the form still finds it */ }
}

function follow(hit) {
  if (hit) window.location.assign(hit.dataset.url);
}

if (palette) {
  opener.hidden = false;
  opener.addEventListener("click", open);

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });

  field.addEventListener("input", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(look, WAIT_MS);
  });

  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      walk(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && answered === field.value && chosen()) {
      event.preventDefault();
      follow(chosen());
    }
  });

  list.addEventListener("click", (event) => follow(event.target.closest("[role=option]")));
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
  palette.addEventListener("close", () => { asked.abort(); answered = undefined; list.replaceChildren(); });
}
