// The pick screen. A scan is sent in the background and the step is drawn anew beneath a field that keeps
// its focus, so the next scan can follow at once; scans that come meanwhile wait in line. Without this
// script the same form is sent as any other.

const form = document.querySelector("form[data-scan-form]");
const into = document.querySelector("[data-scan-into]");

if (form) {
  const code = form.elements.code;
  const pieces = form.elements.quantity;
  const said = document.getElementById("said");
  const line = [];
  let busy = false;

  const missed = document.getElementById("missed");
  let alarm = said.dataset.heard === "bad" ? said.textContent : "";

  // What was not counted stays until it is seen: the next good scan follows before anybody looks up.
  const keep = () => {
    if (!alarm) return;
    const row = document.createElement("li");
    row.textContent = alarm;
    missed.querySelector("ul").append(row);
    missed.hidden = false;
  };

  missed.querySelector("button").addEventListener("click", () => {
    missed.querySelector("ul").replaceChildren();
    missed.hidden = true;
    code.focus();
  });

  const hear = (words, tone) => {
    keep();
    alarm = tone === "bad" ? words : "";
    said.className = `scan-said${tone ? ` is-${tone}` : ""}`;
    // Said again even if it is the same as before: two wrong scans are two alarms.
    said.textContent = "";
    window.setTimeout(() => { said.textContent = words; }, 30);
    document.dispatchEvent(new CustomEvent("tone", { detail: tone }));
  };

  const draw = (page) => {
    const step = page.getElementById("step");
    if (!step || !page.querySelector("form[data-scan-form]")) return false;
    document.getElementById("step").replaceWith(document.adoptNode(step));
    form.elements.picked.value = step.dataset.picked;
    const told = page.getElementById("said");
    hear(told.textContent, told.dataset.heard);
    return true;
  };

  const send = async () => {
    if (busy || !line.length) return;
    busy = true;
    const [scanned, count] = line.shift();
    const fields = new FormData(form);
    fields.set("code", scanned);
    fields.set("quantity", count);
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new URLSearchParams(fields), headers: { "X-Scan": "yes", Accept: "text/html" },
        redirect: "manual",
      });
      // The last piece leads on to packing; a session that ended leads to the sign-in page. The browser goes
      // there itself: fetched here, the page would have used up the notice that it shows once.
      if (answer.type === "opaqueredirect" && line.length) { busy = false; send(); return; }
      if (answer.type === "opaqueredirect") { window.location.assign(window.location.href); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!draw(page)) { window.location.assign(window.location.href); return; }
    } catch {
      hear(form.dataset.lost, "bad");
    }
    busy = false;
    send();
  };

  const take = (scanned) => {
    if (!scanned) return;
    // What is no number reads as empty, and empty is one piece: it is sent as what it is.
    line.push([scanned, pieces.validity.badInput ? "?" : pieces.value || "1"]);
    code.value = "";
    pieces.value = "1";
    code.focus();  // now, and not after the answer: the next scan may begin before it
    send();
  };

  form.addEventListener("scan", (event) => { event.preventDefault(); take(event.detail.code); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    delete form.dataset.sending;
    form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
    take(code.value.trim());
  });
  code.focus();
}

// A label that is scanned lands in its field, wherever the focus was.
if (into && !form) {
  document.addEventListener("scan", (event) => {
    event.preventDefault();
    into.value = event.detail.code;
    into.form.querySelector("button").focus();
  });
}
