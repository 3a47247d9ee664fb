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

  // Send a form once, however often the button is pressed.
  for (const form of all("form")) {
    form.addEventListener("submit", (event) => {
      if ("sent" in form.dataset) event.preventDefault();
      else form.dataset.sent = "";
    });
  }
  addEventListener("pageshow", () => { for (const form of all("form[data-sent]")) delete form.dataset.sent; });

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
    const started = performance.getEntriesByType("navigation")[0];
    for (const line of lines) {
      const frame = line.querySelector("iframe");
      frame.addEventListener("load", () => settle(line, "told"));
      frame.addEventListener("error", () => settle(line, "unreached"));
      // This script is deferred: a frame may have loaded before it ran. Such a frame is asked once more.
      if (started) frame.src = frame.src;
    }
    setTimeout(() => { for (const line of lines) settle(line, "unreached"); }, 5000);
    if (lines.length === 0) goOn();
  }
})();
