"use strict";
/* Columns: which are shown. A heading over several of them shrinks with them and goes with the last; where some of its columns are folded, a button
   in it unfolds them. One modality alone can be asked for, which sorts by it. */
(() => {
  const { element } = (window.fuseboard ??= {});

  fuseboard.Columns = class {
    #grid;
    #boxes = [];
    #hidden = "";
    #folds = [];
    #modality = element("select");

    constructor(grid, changed, sorting) {
      this.#grid = grid;
      const list = element("div", { className: "list" });
      for (const column of grid.columns.filter((each) => !each.isFixed)) {
        const box = element("input", { type: "checkbox", checked: !column.isOptional });
        box.addEventListener("change", changed);
        this.#boxes.push({ column, box });
        list.append(element("label", {}, box, ` ${column.group ? `${column.group}: ` : ""}${column.title}`));
      }
      this.summary = element("summary");
      const menu = element("details", { className: "columns" }, this.summary, list);
      this.control = element("span", { className: "choices" }, menu);
      this.#addModalities(changed, sorting);
      this.#addFolds(changed);
      list.setAttribute("role", "group");
      list.setAttribute("aria-label", "Columns shown");
      menu.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !menu.open) return;
        menu.open = false;
        this.summary.focus();
      });
    }

    /** One modality: its columns alone, the best in it first. */
    #addModalities(changed, sorting) {
      const titles = [...new Set(this.#boxes.map(({ column }) => column.group).filter(Boolean))];
      if (titles.length < 2 || !this.#grid.table.dataset.presets) return;
      this.#modality.append(...["all", ...titles].map((title) => element("option", { value: title === "all" ? "" : title }, title)));
      this.#modality.addEventListener("change", () => {
        const { value } = this.#modality;
        for (const { column, box } of this.#boxes) {
          if (column.group) box.checked = value ? column.group === value : !column.isOptional;
        }
        sorting.by(value ? this.#boxes.find(({ column }) => column.group === value).column : null);
        changed();
      });
      this.control.append(element("label", {}, "Modality ", this.#modality));
    }

    /** The modality whose columns alone are shown, or nothing. */
    get #only() {
      const shown = new Set(this.#boxes.filter(({ column, box }) => column.group && box.checked).map(({ column }) => column.group));
      const whole = this.#boxes.every(({ column, box }) => !shown.has(column.group) || box.checked);
      return shown.size === 1 && whole ? [...shown][0] : "";
    }

    #addFolds(changed) {
      for (const { cell, start, span } of this.#grid.head.filter((each) => each.cell.scope === "colgroup")) {
        const own = this.#boxes.filter(({ column }) => column.isOptional && start <= column.index && column.index < start + span);
        if (!own.length) continue;
        const button = element("button", { type: "button", className: "unfold" });
        const title = cell.textContent.trim();
        button.setAttribute("aria-label", `Datasets of ${title}`);
        button.addEventListener("click", () => {
          const open = own.every(({ box }) => box.checked);
          for (const { box } of own) box.checked = !open;
          changed();
        });
        cell.append(" ", button);
        this.#folds.push({ button, own });
      }
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
      this.#modality.value = this.#only;
      for (const { button, own } of this.#folds) {
        const open = own.every(({ box }) => box.checked);
        button.dataset.sign = open ? "\u2212" : `+${own.length}`;
        button.setAttribute("aria-expanded", open);
      }
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
