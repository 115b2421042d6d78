"use strict";
/* Columns: which are shown. A heading over several of them shrinks with them and goes with the last. */
(() => {
  const { element } = (window.fuseboard ??= {});

  fuseboard.Columns = class {
    #grid;
    #boxes = [];
    #hidden = "";

    constructor(grid, changed) {
      this.#grid = grid;
      const list = element("div", { className: "list" });
      for (const column of grid.columns.filter((each) => !each.isFixed)) {
        const box = element("input", { type: "checkbox", checked: !column.isOptional });
        box.addEventListener("change", changed);
        this.#boxes.push({ column, box });
        list.append(element("label", {}, box, ` ${column.group ? `${column.group}: ` : ""}${column.title}`));
      }
      this.summary = element("summary");
      this.control = element("details", { className: "columns" }, this.summary, list);
      list.setAttribute("role", "group");
      list.setAttribute("aria-label", "Columns shown");
      this.control.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !this.control.open) return;
        this.control.open = false;
        this.summary.focus();
      });
    }

    get #absent() {
      return this.#boxes.filter(({ box }) => !box.checked).map(({ column }) => column);
    }

    get #isDefault() {
      return this.#boxes.every(({ column, box }) => box.checked !== column.isOptional);
    }

    reset() {
      for (const { column, box } of this.#boxes) box.checked = !column.isOptional;
    }

    read(kept) {
      const names = new Set(kept("columns")?.split(","));
      this.reset();
      if (kept("columns") !== "" && !this.#boxes.some(({ column }) => names.has(column.name))) return;
      for (const { column, box } of this.#boxes) box.checked = names.has(column.name);
    }

    write() {
      const shown = this.#boxes.filter(({ box }) => box.checked).map(({ column }) => column.name);
      return { columns: this.#isDefault ? null : shown.join(",") };
    }

    said() {
      const count = this.#absent.length;
      return count ? `${count} of ${this.#grid.columns.length} columns hidden` : null;
    }

    apply() {
      const absent = new Set(this.#absent.map((column) => column.index));
      this.summary.textContent = `Columns (${this.#grid.columns.length - absent.size} of ${this.#grid.columns.length})`;
      const hidden = [...absent].join();
      if (hidden === this.#hidden) return;
      this.#hidden = hidden;
      for (const { cell, start, span } of this.#grid.places()) {
        let left = 0;
        for (let column = start; column < start + span; column += 1) left += absent.has(column) ? 0 : 1;
        cell.hidden = left === 0;
        if (span > 1) cell.colSpan = Math.max(1, left);
      }
    }
  };
})();
