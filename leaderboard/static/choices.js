"use strict";
/* Choices: one select per column of few distinct words, such as licences. */
(() => {
  const { element } = (window.fuseboard ??= {});
  const NOTHING = "";

  fuseboard.Choices = class {
    #grid;
    #selects = [];

    constructor(grid, changed) {
      this.#grid = grid;
      for (const column of grid.columns.filter((each) => each.isFiltered)) {
        const values = [...new Set(grid.rows.map((row) => grid.text(row, column) ?? NOTHING))];
        if (values.length < 2) continue;
        values.sort(new Intl.Collator("en", { numeric: true }).compare);
        const options = values.map((value, at) => element("option", { value: `${at}` }, value || "not known"));
        const select = element("select", {}, element("option", { value: "all" }, "all"), ...options);
        select.addEventListener("change", changed);
        this.#selects.push({ column, select, values });
      }
      this.control = element("span", { className: "choices" });
      this.control.append(...this.#selects.map(({ column, select }) => element("label", {}, `${column.title} `, select)));
    }

    reset() {
      for (const { select } of this.#selects) select.value = "all";
    }

    read(kept) {
      for (const { column, select, values } of this.#selects) {
        const at = values.indexOf(kept(`filter.${column.name}`));
        select.value = at < 0 ? "all" : `${at}`;
      }
    }

    write() {
      return Object.fromEntries(this.#selects.map((each) => [`filter.${each.column.name}`, this.#chosen(each)]));
    }

    said() {
      const active = this.#selects.filter((each) => this.#chosen(each) !== null);
      return active.map((each) => `${each.column.title.toLowerCase()} ${this.#chosen(each) || "not known"}`).join(", ") || null;
    }

    #chosen({ select, values }) {
      return values[Number(select.value)] ?? null;
    }

    shows(row) {
      return this.#selects.every((each) => {
        const chosen = this.#chosen(each);
        return chosen === null || chosen === (this.#grid.text(row, each.column) ?? NOTHING);
      });
    }
  };
})();
