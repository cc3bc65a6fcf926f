// The console's keys and scanner.
//   data-go="s"     on a link: g, then s, follows it
//   data-key="r"    on a link, button or field: r presses or focuses it
//   data-rows       on a <tbody> or list: j and k walk the rows, x ticks, Enter opens the first link
//   data-scan-form  on a form with an input name="code": a scan anywhere on the page fills and sends it;
//                   without such a form the page gets a "scan" event with the code in detail.code
//   data-said="good" | "bad" inside an answer: a tone beside the words, for those who look at the parcel

const BURST_MS = 35;          // a scanner types faster than any hand, taken over the whole code
const GAP_MS = 120;           // though a busy machine may pass one of its letters on late
const SCAN_LENGTH_MIN = 4;

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]") ?? null;

let typed = "";
let before;
let burst = 0;
let last = 0;
let first = 0;
let waitingForSection = 0;
let pressed = [];             // letters that wait to see whether they are a command or a scan

function scanned(code) {
  const form = document.querySelector("form[data-scan-form]");
  const event = new CustomEvent("scan", { detail: { code }, bubbles: true, cancelable: true });
  if (!(form ?? document).dispatchEvent(event) || !form) return;
  form.elements.code.value = code;
  form.requestSubmit();
  form.elements.code.value = "";
}

// Capture phase: a scan must never end up in the field that happens to have the focus, so the letters
// a burst has already typed there are taken out again.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // In the scan field itself every letter counts, however slowly this machine passes it on.
  if (event.target === document.querySelector("form[data-scan-form]")?.elements.code) return;
  const now = event.timeStamp;
  const fast = now - last < GAP_MS;
  last = now;
  if (event.key.length === 1) {
    if (!fast) { typed = ""; first = now; before = typing(event.target)?.value; }
    typed += event.key;
    burst = now - first;
    return;
  }
  if ((event.key === "Enter" || event.key === "Tab") && fast && typed.length >= SCAN_LENGTH_MIN
      && burst < BURST_MS * typed.length) {
    const code = typed;
    typed = "";
    pressed = [];
    last = 0;  // the next scan may follow at once, and begins anew
    event.preventDefault();
    event.stopImmediatePropagation();
    const field = typing(event.target);
    if (field && before !== undefined) field.value = before;
    scanned(code);
  }
}, true);

const rows = () => [...document.querySelectorAll("[data-rows] > *")];

function walk(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.classList.contains("is-current"));
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  all.forEach((row) => row.classList.toggle("is-current", row === next));
  (next.querySelector("a, button, input") ?? next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function press(element) {
  if (element.matches("input, select, textarea")) { element.focus(); element.select?.(); } else element.click();
}

// Letters wait for the length of one burst before they act, so that a scan is not taken for a command;
// a quick hand may still roll from g to s. A key that is held down is no scanner's.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = typing(event.target);
  if (event.key === "Escape" && field) { field.blur(); return; }
  if (field && field.type !== "checkbox") return;
  if (document.querySelector("dialog[open]")) return;
  const key = event.key;
  const stamp = event.timeStamp;
  if (key === "/" || key === "?") event.preventDefault();
  // On a row, Enter opens its first link, also when the focus is on its tick.
  if (key === "Enter" && field) document.querySelector("[data-rows] > .is-current a")?.click();
  if (event.repeat) { act(key); return; }
  pressed.push(key);
  window.setTimeout(() => {
    if (last !== stamp) return;
    const keys = pressed;
    pressed = [];
    if (keys.length < SCAN_LENGTH_MIN) keys.forEach(act);
  }, BURST_MS * 2);
});

function act(key) {
  const current = document.querySelector("[data-rows] > .is-current");
  if (waitingForSection && performance.now() - waitingForSection < 1500) {
    waitingForSection = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (link) link.click();
    document.body.classList.remove("show-keys");
    return;
  }
  if (key === "g") { waitingForSection = performance.now(); document.body.classList.add("show-keys"); return; }
  document.body.classList.remove("show-keys");
  if (key === "?") document.getElementById("keys")?.showModal();
  else if (key === "j") walk(1);
  else if (key === "k") walk(-1);
  else if (key === "x") current?.querySelector("input[type=checkbox]")?.click();
  else if (key.length === 1) {
    const element = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (element) press(element);
  }
}

// Two tones that differ in pitch and length, made here so that no file is needed.
let sound;
function tone(kind) {
  try {
    sound ??= new AudioContext();
    const wave = sound.createOscillator();
    const volume = sound.createGain();
    wave.frequency.value = kind === "bad" ? 180 : 880;
    volume.gain.value = 0.08;
    wave.connect(volume).connect(sound.destination);
    wave.start();
    wave.stop(sound.currentTime + (kind === "bad" ? 0.35 : 0.08));
    navigator.vibrate?.(kind === "bad" ? [120, 60, 120] : 40);
  } catch { /* a browser without sound still shows the words */ }
}

document.addEventListener("tone", (event) => { if (event.detail) tone(event.detail); });

document.addEventListener("htmx:after:swap", () => {
  const said = document.querySelector("[data-said]");
  if (!said) return;
  tone(said.dataset.said);
  said.removeAttribute("data-said");
});

// What must be filled in and stands in a fold that somebody has closed is opened, so that the browser can show it.
document.addEventListener("invalid", (event) => {
  for (let fold = event.target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}, true);

// A field that names something else asks, as it is typed, what there is: <input list data-suggest="departments">.
const asking = new WeakMap();

async function suggest(field) {
  const query = new URLSearchParams({ q: field.value });
  const answer = await fetch(`/console/setup/suggestions/${field.dataset.suggest}?${query}`);
  if (!answer.ok) return;
  const options = (await answer.json()).map(([name, label]) => {
    const option = document.createElement("option");
    option.value = name;
    option.label = label ? `${name} · ${label}` : name;
    return option;
  });
  field.list?.replaceChildren(...options);
}

for (const kind of ["focusin", "input"]) document.addEventListener(kind, (event) => {
  const field = event.target.closest?.("[data-suggest]");
  if (!field || event.inputType === "insertReplacementText") return;
  window.clearTimeout(asking.get(field));
  asking.set(field, window.setTimeout(() => suggest(field).catch(() => {}), kind === "input" ? 120 : 0));
});

// A list with a line each is helped by a field beside it: <div data-adds="id of the list" hidden>.
document.querySelectorAll("[data-adds]").forEach((adder) => {
  const list = document.getElementById(adder.dataset.adds);
  const field = adder.querySelector("input");
  const add = () => {
    const name = field.value.trim();
    const lines = list.value.split("\n").map((line) => line.trim()).filter(Boolean);
    if (name && !lines.includes(name)) list.value = [...lines, name].join("\n") + "\n";
    field.value = "";
    field.focus();
  };
  adder.hidden = false;
  adder.querySelector("button").addEventListener("click", add);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  });
});

// What a choice asks for opens with it: <details data-opens-with="id of the choice" data-says="its value">.
document.querySelectorAll("[data-opens-with]").forEach((fold) => {
  const choice = document.getElementById(fold.dataset.opensWith);
  choice?.addEventListener("change", () => {
    if (choice.value === fold.dataset.says) fold.open = true;
  });
});
