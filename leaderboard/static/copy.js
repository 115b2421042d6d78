"use strict";
/* A button beside every command, which copies it. */
(() => {
  const SHOWN = 2000; // milliseconds for which the button says what it did

  for (const block of document.querySelectorAll("pre[data-copy]")) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "Copy" });
    button.addEventListener("click", async () => {
      const text = block.querySelector("code").textContent;
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        // From a disk, or without permission, there is no clipboard: the text is marked, ready for the keyboard.
        getSelection().selectAllChildren(block.querySelector("code"));
        button.textContent = "Marked";
      }
      setTimeout(() => (button.textContent = "Copy"), SHOWN);
    });
    block.before(button);
  }
})();
