"use strict";
/* A table as rows and columns: which column a cell stands in however the headings span, and what it is worth when rows are sorted. */
(() => {
  const fuseboard = (window.fuseboard ??= {});

  /** The text of an element with a space where markup parts it, as in a heading of two lines. */
  fuseboard.words = (element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode.data);
    return texts.join(" ").replace(/\s+/g, " ").trim();
  };

  /** An element with properties and children, which are elements or text, never markup. */
  fuseboard.element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  /** Cells of rows with the first column that each covers, and how many. */
  const placed = (rows) => {
    const taken = rows.map(() => new Set());
    const found = [];
    rows.forEach((row, at) => {
      let start = 0;
      for (const cell of row.cells) {
        while (taken[at].has(start)) start += 1;
        found.push({ cell, start, span: cell.colSpan });
        for (const below of taken.slice(at, at + cell.rowSpan)) {
          for (let column = start; column < start + cell.colSpan; column += 1) below.add(column);
        }
        start += cell.colSpan;
      }
    });
    return found;
  };

  fuseboard.Grid = class {
    #spanned = new Map();

    constructor(table) {
      this.table = table;
      this.bodies = [...table.tBodies].map((body) => ({ body, rows: [...body.rows] }));
      this.rows = this.bodies.flatMap(({ rows }) => rows);
      this.head = placed([...table.tHead.rows]);
      this.foot = placed([...(table.tFoot?.rows ?? [])]);
      this.width = Math.max(...this.head.map(({ start, span }) => start + span));
      for (const row of this.rows.filter((each) => each.cells.length !== this.width)) this.#spanned.set(row, placed([row]));
      const leaves = this.head.filter(({ cell }) => cell.dataset.column).sort((a, b) => a.start - b.start);
      this.columns = leaves.map((place) => this.#column(place));
    }

    #column({ cell, start }) {
      const above = this.head.filter((other) => !other.cell.dataset.column && other.start <= start && start < other.start + other.span);
      return {
        name: cell.dataset.column,
        heading: cell,
        index: start,
        title: cell.dataset.description ?? fuseboard.words(cell),
        group: above.map((other) => fuseboard.words(other.cell)).join(", "),
        isNumeric: cell.dataset.sort === "number",
        isOptional: "optional" in cell.dataset,
        isFiltered: "filter" in cell.dataset,
        isFixed: this.rows.length > 0 && this.place(this.rows[0], start)?.cell.tagName === "TH",
      };
    }

    /** A column by its name, or undefined: names come from the URL, too. */
    named(name) {
      return this.columns.find((column) => column.name === name);
    }

    /** The cell of a row that covers a column. */
    place(row, index) {
      const spanned = this.#spanned.get(row);
      if (!spanned) return { cell: row.cells[index], start: index, span: 1 };
      return spanned.find(({ start, span }) => start <= index && index < start + span);
    }

    /** All cells, those of headings and of sums too. */
    *places() {
      yield* this.head;
      yield* this.foot;
      for (const row of this.rows) yield* this.#spanned.get(row) ?? [...row.cells].map((cell, start) => ({ cell, start, span: 1 }));
    }

    /** What a row has in a column, as text; null where it is missing, or one reason stands for several columns. */
    text(row, column) {
      const place = this.place(row, column.index);
      if (!place || place.span > 1) return null;
      const said = fuseboard.words(place.cell);
      const missing = place.cell.querySelector(".missing");
      return said === "" || (missing && fuseboard.words(missing) === said) ? null : said;
    }

    /** What a row is sorted by: a number or text, at full precision; null where it is missing. */
    value(row, column) {
      const cell = this.place(row, column.index)?.cell;
      const exact = cell?.dataset.value ?? cell?.querySelector("data")?.value;
      const text = exact ?? this.text(row, column);
      if (text === null || text === "" || !column.isNumeric) return text || null;
      const number = Number(text.replaceAll(",", "").replace("\u2212", "-"));
      return Number.isNaN(number) ? null : number;
    }
  };
})();
