"use strict";
/* Provenance: a click on a number opens what it came from without leaving the table. The link alone leads to the same on a page of its own: with
   a modifier key, from a file that lies on a disk, and where anything goes wrong. */
(() => {
  const { element, words, canRead, readPage, copyFrom } = window.fuseboard;

  const body = element("div", { className: "body" });
  const title = element("h2", { id: "provenance-title" });
  const close = element("button", { type: "button", className: "close" }, "Close");
  const dialog = element("dialog", { className: "provenance" }, element("header", {}, title, close), body);
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.setAttribute("closedby", "any");
  close.addEventListener("click", () => dialog.close());

  /** Copies of what a cell holds, whose links still lead where they led on their own page. */
  const copied = (cell, url) => {
    const copy = copyFrom(cell, url);
    for (const named of copy.querySelectorAll("[id]")) named.removeAttribute("id");
    return copy.childNodes;
  };

  /** What cells say, under what they are called. */
  const facts = (cells, url) => {
    const list = element("dl", { className: "facts" });
    for (const cell of cells) {
      if (cell.dataset.label) list.append(element("dt", {}, cell.dataset.label), element("dd", {}, ...copied(cell, url)));
    }
    return list;
  };

  const copyButton = (command) => {
    const button = element("button", { type: "button", className: "copy" }, "Copy the command");
    const told = element("span", { className: "meta" });
    told.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(command.textContent.trim());
      told.textContent = "Copied";
    });
    return element("p", {}, button, " ", told);
  };

  /** The lines of the same page that a line names, and those that they name, each under the words that led to it. */
  const named = (line, page, found = new Map()) => {
    for (const link of line.querySelectorAll('[data-label] a[href^="#"]')) {
      const other = page.getElementById(link.hash.slice(1));
      if (!other?.cells || found.has(other)) continue;
      found.set(other, `${link.closest("[data-label]").dataset.label}: ${words(link)}`);
      named(other, page, found);
    }
    return found;
  };

  /** The cell that was asked for, the others of its line, then versions, definition and machine. */
  const content = (cell, page, url) => {
    // The conditions of one fit are a table of their own, which says whose they are.
    const owner = cell.closest("table").dataset.line;
    const line = owner ? page.getElementById(owner) : cell.closest("tr");
    const parts = [facts([cell, ...[...line.cells].filter((other) => other !== cell)], url)];
    const command = line.querySelector('[data-label="Command"] code');
    // Browsers lend the clipboard to pages that came over https or from this machine only.
    if (command && navigator.clipboard) parts.push(copyButton(command));
    for (const [other, title] of named(line, page)) parts.push(element("h3", {}, title), facts(other.cells, url));
    return parts;
  };

  const open = async (link) => {
    const url = link.href.split("#")[0];
    const id = decodeURIComponent(link.hash.slice(1));
    const whole = element("p", {}, element("a", { href: link.href }, "The same among all rows of the dataset"));
    title.textContent = `Where ${words(link)} comes from`;
    body.replaceChildren(element("p", { className: "meta" }, "Loading \u2026"), whole);
    body.setAttribute("aria-busy", "true");
    dialog.dataset.shown = link.href;
    dialog.showModal();
    try {
      const page = await readPage(url);
      const cell = page.getElementById(id);
      if (!cell) throw new Error(`${url} has no cell ${id}`);
      if (dialog.dataset.shown === link.href) body.replaceChildren(...content(cell, page, url), whole);
    } catch {
      if (dialog.open && dialog.dataset.shown === link.href) location.assign(link.href);
    } finally {
      body.removeAttribute("aria-busy");
    }
  };

  if (!canRead) return;

  /** Follows an address of a row that has moved to another part since somebody kept it. */
  const follow = async () => {
    const place = document.querySelector("[data-rows]");
    const id = location.hash.slice(1);
    if (!place || !id.startsWith("r-")) return;
    const root = place.dataset.rows.match(/^(\.\.\/)*/)[0];
    const parts = await (await fetch(place.dataset.rows)).json();
    const path = Object.keys(parts).find((each) => parts[each].includes(id));
    if (path) location.replace(`${root}${path}#${id}`);
  };
  if (!document.getElementById(location.hash.slice(1))) follow();
  addEventListener("hashchange", follow);
  document.body.append(dialog);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.from");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link);
  });
})();
