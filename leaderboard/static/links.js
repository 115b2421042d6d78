"use strict";
/* Links: how to cite a table, or the row of it that the address leads to. Without this file the rows still have their addresses, and the page of the
   method says how to cite. */
(() => {
  const { element, named, words } = window.fuseboard;
  const dialog = element("dialog", { className: "provenance cite" });

  const copy = (text, title) => {
    const shown = element("pre", { tabIndex: 0 }, text);
    const told = element("span", { className: "meta" });
    told.setAttribute("role", "status");
    const button = element("button", { type: "button" }, `Copy ${title}`);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        told.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(shown); // there is no clipboard here: the text is marked, ready for the keyboard
        told.textContent = "Marked";
      }
    });
    return [element("p", {}, button, " ", told), shown];
  };

  /** Shows address and citation of a table, or of the row in it that the address leads to. */
  fuseboard.cite = (table) => {
    const row = table.querySelector("tr:target");
    const url = new URL(location.href);
    url.hash = row?.id ?? table.id;
    const source = document.querySelector('meta[name="fuseboard-source"]')?.content ?? "";
    const what = `${document.title.split(" \u00b7 ")[0]}: ${words(table.caption ?? table)}${row ? `, row ${named(row.querySelector("th"))}` : ""}`;
    const day = source.match(/\d{4}-\d{2}-\d{2}/)?.[0];
    const note = source.replace(/^Source: \S+?, /, "");
    const entry = [
      "@misc{fuseboard,",
      `  title = {${what}},`,
      "  howpublished = {fuseboard: an honest benchmark of frozen image models and their fusion},",
      ...(day ? [`  year = {${day.slice(0, 4)}},`] : []),
      `  url = {${url.href}},`,
      `  note = {Results as of ${note}}`,
      "}",
    ].join("\n");
    const close = element("button", { type: "button", className: "close" }, "Close");
    close.addEventListener("click", () => dialog.close());
    const title = element("h2", { id: "cite-title" }, row ? "Link to and cite this row" : "Link to and cite this table");
    const hint = row ? "" : "A row has an address of its own: the # beside its name.";
    dialog.replaceChildren(
      element("header", {}, title, close),
      element("div", { className: "body" }, ...copy(url.href, "the link"), ...copy(entry, "the citation"), element("p", { className: "note" }, hint)),
    );
    dialog.showModal();
  };
  dialog.setAttribute("aria-labelledby", "cite-title");
  dialog.setAttribute("closedby", "any");
  document.body.append(dialog);
})();
