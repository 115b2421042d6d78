// The answer as a table. Everything in it is set as text, never as markup.
import { isNumber, text } from "./values.js";

export const SHOWN = 1_000;
/** Most rows that are shown. */

/** A table of the first rows under a caption, in a region that scrolls by itself. */
export function table(fields, rows, caption) {
  const region = element("div");
  region.className = "scroll";
  region.tabIndex = 0;
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", "Answer");
  const made = element("table");
  made.append(element("caption", caption));
  const heads = element("tr");
  for (const field of fields) {
    const head = element("th", field.name);
    head.scope = "col";
    if (isNumber(field.type)) head.className = "n";
    heads.append(head);
  }
  made.createTHead().append(heads);
  const body = made.createTBody();
  for (const row of rows.slice(0, SHOWN)) {
    const line = body.insertRow();
    row.forEach((value, index) => {
      const { type } = fields[index];
      const shown = text(value, type);
      const cell = element("td", shown ?? "null");
      if (shown === null) cell.className = "missing";
      else if (isNumber(type)) cell.className = "n";
      line.append(cell);
    });
  }
  region.append(made);
  return region;
}

function element(name, content = "") {
  const made = document.createElement(name);
  made.textContent = content;
  return made;
}
