"use strict";
/* Sorting: a button in every heading; numbers begin with the highest, text with A, and the third press gives the first order back. */
(() => {
  const { element } = (window.fuseboard ??= {});
  const letters = new Intl.Collator("en", { numeric: true });
  /** Cells that are moved before anything is painted, more than a screen holds, and later at once. */
  const FIRST = 500;
  const CELLS = 2000;
  /** Scores nearer than this are equal, as in store/statistics/ties.py: sums of the same numbers in another order. */
  const TOLERANCE = 1e-12;
  const opposite = { ascending: "descending", descending: "ascending" };

  /** Gives values that tie the same number, so that neither direction tells them apart. */
  const level = (keyed) => {
    let last = Infinity;
    let tied = Infinity;
    for (const each of keyed.filter(({ value }) => value !== null).sort((a, b) => b.value - a.value)) {
      if (last - each.value > TOLERANCE) tied = each.value;
      last = each.value;
      each.value = tied;
    }
  };

  fuseboard.Sorting = class {
    #grid;
    #initial = null;
    #moves = 0;
    column = null;
    direction = null;

    constructor(grid, changed) {
      this.#grid = grid;
      for (const column of grid.columns) {
        const direction = column.heading.getAttribute("aria-sort");
        if (opposite[direction]) this.#initial = { column, direction };
        const button = this.#button(column);
        button.addEventListener("click", () => {
          this.#advance(column);
          changed();
        });
      }
    }

    #button({ heading, title }) {
      const button = element("button", { type: "button", className: "sort" });
      if (heading.querySelector("a, button")) {
        button.setAttribute("aria-label", `Sort by ${title}`);
        const note = heading.querySelector(":scope > small");
        if (note) note.before(" ", button); // on the line of the name, not on one of its own
        else heading.append(" ", button);
      } else {
        button.append(...heading.childNodes);
        heading.append(button);
      }
      return button;
    }

    /** From one press to the next. What the table came sorted by is not sorted so again, which would change nothing. */
    #advance(column) {
      const first = column.isNumeric ? "descending" : "ascending";
      const own = this.#initial?.column === column;
      const cycle = own ? [opposite[this.#initial.direction]] : [first, opposite[first]];
      const at = this.column === column ? cycle.indexOf(this.direction) + 1 : 0;
      this.column = at < cycle.length ? column : null;
      this.direction = cycle[at] ?? null;
    }

    reset() {
      this.column = this.direction = null;
    }

    /** Sorts by a column, the highest first; null gives the first order back. */
    by(column) {
      this.column = column;
      this.direction = column && "descending";
    }

    read(kept) {
      const said = kept("sort") ?? "";
      this.column = this.#grid.named(said.replace(/^-/, "")) ?? null;
      this.direction = this.column && (said.startsWith("-") ? "descending" : "ascending");
    }

    write() {
      return { sort: this.column && `${this.direction === "descending" ? "-" : ""}${this.column.name}` };
    }

    said() {
      if (!this.column) return null;
      const { group, title } = this.column;
      return `sorted by ${group ? `${group}, ` : ""}${title}, ${this.direction}`;
    }

    /** Puts the rows in order: equal ones stay as they came, missing ones are last in both directions. */
    apply() {
      for (const { heading } of this.#grid.columns) heading.removeAttribute("aria-sort");
      const { column, direction } = this.column ? this : this.#initial ?? {};
      column?.heading.setAttribute("aria-sort", direction);
      this.#moves += 1;
      this.#move(this.#grid.bodies.map(({ body, rows }) => ({ body, rows: this.column ? this.#ordered(rows) : rows, at: 0 })), FIRST);
    }

    /** Moves the first rows now and the others a part at a time: laying out ten thousand cells at once would stop the page for too long. */
    #move(bodies, cells) {
      let room = Math.ceil(cells / this.#grid.width);
      for (const each of bodies) {
        const { body, rows, at } = each;
        const part = rows.slice(at, at + room);
        if (part.some((row, offset) => body.rows[at + offset] !== row)) {
          if (at) rows[at - 1].after(...part);
          else body.prepend(...part);
        }
        room -= part.length;
        each.at += part.length;
      }
      const isBusy = bodies.some(({ rows, at }) => at < rows.length);
      this.#grid.table.ariaBusy = isBusy ? "true" : null;
      const own = this.#moves;
      const next = () => own === this.#moves && this.#move(bodies, CELLS);
      if (isBusy) requestAnimationFrame(() => setTimeout(next)); // what was moved is painted first
    }

    #ordered(rows) {
      const sign = this.direction === "descending" ? -1 : 1;
      const compare = this.column.isNumeric ? (a, b) => a - b : letters.compare;
      const keyed = rows.map((row) => ({ row, value: this.#grid.value(row, this.column) }));
      if (this.column.isNumeric) level(keyed);
      keyed.sort((a, b) => {
        if (a.value === null || b.value === null) return (a.value === null) - (b.value === null);
        return sign * compare(a.value, b.value);
      });
      return keyed.map(({ row }) => row);
    }
  };
})();
