// Passkeys: asks the browser for one, or to make one, and sends what it gives by the form around the button.
// <form data-passkey="get|create" data-options="/where/to/ask" data-origin="https://…">

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const listed = (credentials = []) => credentials.map((one) => ({ ...one, id: bytes(one.id) }));

const ask = {
  create: (options) => navigator.credentials.create({ publicKey: {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: listed(options.excludeCredentials),
  } }),
  get: (options) => navigator.credentials.get({ publicKey: {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: listed(options.allowCredentials),
  } }),
};

// Read one by one: a credential's own fields stand on its prototype, where no copy finds them.
const written = ({ id, rawId, type, response, authenticatorAttachment }) => JSON.stringify({
  id,
  rawId: text(rawId),
  type,
  authenticatorAttachment,
  clientExtensionResults: {},
  response: {
    clientDataJSON: text(response.clientDataJSON),
    ...(response.attestationObject
      ? { attestationObject: text(response.attestationObject), transports: response.getTransports?.() ?? [] }
      : {
        authenticatorData: text(response.authenticatorData),
        signature: text(response.signature),
        userHandle: response.userHandle ? text(response.userHandle) : null,
      }),
  },
});

const optionsOf = async (form) => {
  const token = form.querySelector("[name=csrf_token]").value;
  const answer = await fetch(form.dataset.options, {
    method: "POST",
    headers: { accept: "application/json", "x-csrf-token": token },
  });
  const said = await answer.json();
  if (answer.ok) return said;
  if (said.code === "fresh_sign_in_needed") {
    window.location = `/sign-in/again?${new URLSearchParams({ next: window.location.pathname, pressed: "yes" })}`;
    return null;
  }
  throw new Error(said.detail);
};

const prepare = (form) => {
  const complain = form.querySelector("[data-passkey-error]");
  const told = (words) => { complain.textContent = words; complain.hidden = false; };
  if (!window.PublicKeyCredential) return;
  if (window.location.origin !== form.dataset.origin) {
    told(form.dataset.elsewhere);
    return;
  }
  const place = form.querySelector("[data-passkey-button]");
  const button = place.querySelector("button");
  place.hidden = false;
  // No submit of its own: what it sends is there only when the device has answered.
  button.type = "button";
  button.addEventListener("click", async () => {
    complain.hidden = true;
    button.disabled = true;
    try {
      const options = await optionsOf(form);
      if (!options) return;
      form.querySelector("[name=credential]").value = written(await ask[form.dataset.passkey](options));
      form.submit();
    } catch {
      told(form.dataset.failed);
    } finally {
      button.disabled = false;
    }
  });
};

document.querySelectorAll("form[data-passkey]").forEach(prepare);
