"use strict";
// Every page works without this file; it only makes some of them more comfortable.
(() => {
  const all = (selector, place) => Array.from((place || document).querySelectorAll(selector));

  // Show and hide a password.
  for (const button of all("[data-shows]")) {
    const field = document.getElementById(button.dataset.shows);
    const words = [button.textContent, button.dataset.hide];
    const set = (shown) => {
      field.type = shown ? "text" : "password";
      button.textContent = words[shown ? 1 : 0];
      button.setAttribute("aria-pressed", String(shown));
    };
    button.setAttribute("aria-controls", field.id);
    button.setAttribute("aria-label", words[0] + ": " + (field.labels[0] ? field.labels[0].textContent : ""));
    button.hidden = false;
    button.addEventListener("click", () => { set(field.type === "password"); field.focus(); });
    if (field.form) field.form.addEventListener("submit", () => set(false));
  }

  // Passkeys and security keys. What needs them stays hidden where the browser has none.
  const keys = window.PublicKeyCredential;
  const knowsKeys = Boolean(keys && keys.parseCreationOptionsFromJSON && keys.parseRequestOptionsFromJSON);
  let quiet = null;
  const options = async (form, submitter) => {
    const fields = new URLSearchParams(new FormData(form));
    if (submitter && submitter.name) fields.set(submitter.name, submitter.value);
    const headers = { Accept: "application/json" };
    const answer = await fetch(form.dataset.options, { method: "POST", body: fields, headers, redirect: "manual" });
    // The journey went on elsewhere: its own page says where.
    if (answer.type === "opaqueredirect") location.reload();
    if (!answer.ok) throw new Error("no options");
    return answer.json();
  };
  const send = (form, credential) => {
    form.elements.answer.value = JSON.stringify(credential.toJSON());
    form.submit();
  };
  const ask = async (form, submitter) => {
    if (quiet) quiet.abort();
    const place = document.querySelector(".problem-place");
    place.textContent = "";
    try {
      const asked = await options(form, submitter);
      send(form, form.dataset.key === "create"
        ? await navigator.credentials.create({ publicKey: keys.parseCreationOptionsFromJSON(asked) })
        : await navigator.credentials.get({ publicKey: keys.parseRequestOptionsFromJSON(asked) }));
    } catch {
      const problem = document.createElement("p");
      problem.className = "problem";
      problem.textContent = form.dataset.failed;
      place.append(problem);
    }
  };
  // Among the names that the browser suggests in the name field. A challenge is good for five minutes, so it is renewed.
  const askQuietly = async (form) => {
    if (!keys.isConditionalMediationAvailable || !await keys.isConditionalMediationAvailable()) return;
    for (let again = true; again;) {
      const publicKey = keys.parseRequestOptionsFromJSON(await options(form));
      const mine = new AbortController();
      quiet = mine;
      let late = false;
      const timer = setTimeout(() => { late = true; mine.abort(); }, 4 * 60 * 1000);
      try {
        send(form, await navigator.credentials.get({ publicKey, mediation: "conditional", signal: mine.signal }));
        again = false;
      } catch {
        again = late;
      } finally {
        clearTimeout(timer);
      }
    }
  };
  if (knowsKeys) {
    for (const part of all("[data-needs-keys], form[data-key]")) part.hidden = false;
    for (const part of all("[data-lacks-keys]")) part.hidden = true;
    for (const form of all("form[data-key]")) {
      form.addEventListener("submit", (event) => {
        if (event.submitter && event.submitter.name === "action") return;
        event.preventDefault();
        event.stopImmediatePropagation();
        ask(form, event.submitter);
      });
      if ("quietly" in form.dataset) askQuietly(form).catch(() => {});
    }
    // Whether this device could make a passkey for the next time.
    for (const field of all("input[name=keys]")) {
      keys.isUserVerifyingPlatformAuthenticatorAvailable().then((can) => { field.value = can ? "yes" : ""; });
    }
  }

  // Send a form once, however often the button is pressed.
  for (const form of all("form")) {
    form.addEventListener("submit", (event) => {
      if (form.classList.contains("sent")) event.preventDefault();
      else form.classList.add("sent");
    });
  }
  addEventListener("pageshow", () => { for (const form of all("form.sent")) form.classList.remove("sent"); });

  // Copy, download and print recovery codes.
  for (const tools of all("[data-codes]")) {
    const codes = () => all("code", document.getElementById(tools.dataset.codes)).map((code) => code.textContent).join("\n") + "\n";
    const done = tools.querySelector("[role=status]");
    const acts = {
      copy: () => navigator.clipboard.writeText(codes()).then(() => { done.textContent = tools.dataset.done; }),
      download: () => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([document.title + "\n\n" + codes()], { type: "text/plain" }));
        link.download = tools.dataset.file;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      },
      print: () => window.print(),
    };
    for (const button of all("[data-tool]", tools)) {
      if (button.dataset.tool === "copy" && !navigator.clipboard) button.hidden = true;
      button.addEventListener("click", acts[button.dataset.tool]);
    }
    tools.hidden = false;
  }

  // Say for each application whether its sign-out page was loaded; go on when all were, or after five seconds.
  const status = document.getElementById("sign-out-status");
  if (status) {
    const lines = all("li[data-state=asked]", status);
    const left = new Set(lines);
    const settle = (line, state) => {
      if (!left.delete(line)) return;
      line.dataset.state = state;
      line.querySelector(".told-word").textContent = status.dataset[state];
      if (left.size === 0) goOn();
    };
    const goOn = () => {
      const go = document.getElementById("go");
      if (go && !status.querySelector("li[data-state=link]")) location.replace(go.href);
    };
    for (const line of lines) {
      const frame = line.querySelector("iframe");
      frame.addEventListener("load", () => settle(line, "told"));
      frame.addEventListener("error", () => settle(line, "unreached"));
      // This script is deferred: the page itself marks a frame that loaded before it ran.
      if ("loaded" in frame.dataset) settle(line, "told");
    }
    setTimeout(() => { for (const line of lines) settle(line, "unreached"); }, 5000);
    if (lines.length === 0) goOn();
  }
})();
