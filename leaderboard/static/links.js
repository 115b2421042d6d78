"use strict";
/* Links: an address for every row and every table, and how to cite what it leads to. Without this file the page itself has an address, and the page
   of the method says how to cite. */
(() => {
  const { element, words } = window.fuseboard;
  const link = element("a", { className: "row-link" });
  const dialog = element("dialog", { className: "provenance cite" });

  const heading = (row) => row.querySelector('th[scope="row"]');

  /** The name of a row, without what stands beside it, and with nothing that an address could not hold. */
  const slug = (row) => words(heading(row).querySelector("a, .subset") ?? heading(row)).replace(/[^\p{L}\p{N}._+-]+/gu, "-").slice(0, 200);

  const identify = (row) => {
    if (row.id) return row.id;
    const table = row.closest("table");
    const wanted = `${table.id}.${slug(row)}`;
    let id = wanted;
    for (let number = 2; document.getElementById(id); number += 1) id = `${wanted}.${number}`;
    row.id = id;
    return id;
  };

  const isLinked = (row) => row?.closest("table.sortable")?.id && heading(row);

  const offer = (event) => {
    const row = event.target.closest?.("table.sortable > tbody > tr");
    if (!isLinked(row) || link.closest("tr") === row) return;
    link.href = `#${encodeURIComponent(identify(row))}`;
    link.setAttribute("aria-label", `Link to ${slug(row)}`);
    heading(row).append(link);
  };
  document.addEventListener("pointerover", offer);
  document.addEventListener("focusin", offer);

  /** The row that the address leads to, which has its id since somebody pointed at it, or from now on. */
  const reach = () => {
    for (const row of document.querySelectorAll("tr.linked")) row.classList.remove("linked");
    const wanted = decodeURIComponent(location.hash.slice(1));
    const table = [...document.querySelectorAll("table.sortable")].find(({ id }) => id && wanted.startsWith(`${id}.`));
    if (!table) return;
    const row = document.getElementById(wanted) ?? [...table.tBodies].flatMap((body) => [...body.rows]).filter(isLinked).find((each) => identify(each) === wanted);
    if (row?.tagName !== "TR") return;
    for (let fold = row.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    row.classList.add("linked");
    row.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", reach);
  if (location.hash) reach();

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
    const row = table.querySelector("tr.linked, tr:target");
    const url = new URL(location.href);
    url.hash = row?.id ?? table.id;
    const source = document.querySelector('meta[name="fuseboard-source"]')?.content ?? "";
    const what = `${document.title.split(" \u00b7 ")[0]}: ${words(table.caption ?? table)}${row ? `, row ${slug(row)}` : ""}`;
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
