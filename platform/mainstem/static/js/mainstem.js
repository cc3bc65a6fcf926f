// For every surface. Pages work without it; it spares a reader a wrong press or a lost place.

const SENDING_MS = 8000;

// A form that cannot be undone asks first: <form data-confirm="Cancel order 1042?">.
// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (form.dataset.sending === "yes") {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (form.method !== "post") return;
  form.dataset.sending = "yes";
  form.querySelectorAll("button[type=submit]").forEach((button) => button.setAttribute("aria-busy", "true"));
  window.setTimeout(() => release(form), SENDING_MS);
}, true);

const release = (root) => {
  const forms = root.matches?.("form") ? [root] : root.querySelectorAll?.("form") ?? [];
  forms.forEach((form) => {
    delete form.dataset.sending;
    form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  });
};

// A page taken from the browser's memory and a form answered in place may be sent again;
// so may one whose answer was a file and not a page.
window.addEventListener("pageshow", () => release(document));
document.addEventListener("htmx:finally:request", (event) => release(event.target));

// A refused form puts the reader at the summary of what to put right.
const focusSummary = (root) => root.querySelector?.("[data-focus]")?.focus();
document.addEventListener("DOMContentLoaded", () => focusSummary(document));
document.addEventListener("htmx:after:swap", () => focusSummary(document));

// What the eye sees change, the ear should hear: announce("Added to the basket").
document.addEventListener("announce", (event) => {
  const place = document.getElementById("announcements");
  if (place) place.textContent = event.detail?.text ?? event.detail?.value ?? "";
});

// A select or a set of options that turns the page: <select data-submit>. Its form keeps a button for those without script.
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-submit]")) event.target.form?.requestSubmit();
});

// A button that copies a field, or what stands in an element: <button data-copy="its id" data-copied="Copied" hidden>.
document.querySelectorAll("[data-copy]").forEach((button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const it = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(it.value ?? it.textContent);
    button.textContent = button.dataset.copied;
    document.dispatchEvent(new CustomEvent("announce", { detail: { text: button.dataset.copied } }));
  });
});

// A form beside what would come of it: <form data-live="#preview iframe">. Each change is saved and the frame drawn
// anew. What is refused is told when the reader goes on, and a file is sent then too.
document.addEventListener("change", async (event) => {
  const form = event.target.form;
  const frame = form?.dataset.live && document.querySelector(form.dataset.live);
  if (!frame || event.target.type === "file") return;
  const said = new FormData(form);
  const body = form.enctype === "multipart/form-data" ? said : new URLSearchParams(said);
  [...said.keys()].forEach((name) => { if (said.get(name) instanceof File) said.delete(name); });
  body.set("go", "look");
  const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } }).catch(() => null);
  if (answer?.ok) frame.src = frame.getAttribute("src");
});
