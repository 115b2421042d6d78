"use strict";
/* Tables: puts sorting, search, choices and columns on every table that is marked as sortable, keeps their state in the URL, and says at all
   times what is hidden. Without this file a table is complete and in its first order. */
(() => {
  const { element, words, Grid, Sorting, Search, Choices, Presets, Columns, Views } = window.fuseboard;
  /** Rows below which there is nothing to search for. */
  const FEW = 6;
  /** Columns below which there is nothing to choose. */
  const NARROW = 5;
  /** Milliseconds after which what is being typed goes into the URL; browsers refuse to change it more often than a hundred times in half a minute. */
  const PAUSE = 300;

  const phone = matchMedia("(max-width: 40rem)");

  /** Controls behind one line where the screen is narrow, so that numbers are near; elsewhere the fold is open and has no such line. */
  fuseboard.folded = (title, controls, open = false) => {
    const fold = element("details", { className: "tools", open: open || !phone.matches }, element("summary", {}, title), element("div", {}, ...controls));
    phone.addEventListener("change", () => {
      fold.open = !phone.matches;
    });
    return fold;
  };

  class Table {
    #grid;
    #features;
    #conditions = new Map();
    #status = element("p", { className: "status" });
    #reset = element("button", { type: "button", className: "reset", hidden: true }, "Reset");
    #writing;

    constructor(table) {
      this.#grid = new Grid(table);
      this.id = table.id;
      this.#features = this.#chosenFeatures();
      this.#status.setAttribute("role", "status");
      this.#reset.addEventListener("click", () => this.reset());
      const controls = this.#features.map((feature) => feature.control).filter((control) => control?.childNodes.length);
      const cite = element("button", { type: "button", className: "cite" }, "Link and cite");
      cite.addEventListener("click", () => fuseboard.cite(table));
      const line = element("div", { className: "told" }, this.#status, this.#reset, ...(table.id ? [cite] : []));
      this.bar = element("div", { className: "controls" }, ...(controls.length ? [fuseboard.folded("Search and filter", controls)] : []), line);
      this.bar.setAttribute("role", "group");
      this.bar.setAttribute("aria-label", `Rows and columns of: ${words(table.caption ?? table)}`);
      (table.closest(".scroll") ?? table).before(this.bar);
      this.read();
    }

    #chosenFeatures() {
      const changed = () => this.#show();
      const { rows, columns } = this.#grid;
      const sorting = new Sorting(this.#grid, changed);
      const features = [sorting, ...(rows.length >= FEW ? [new Presets(this.#grid, changed)] : [])];
      if (columns.length >= NARROW || columns.some((column) => column.isOptional)) features.push(new Columns(this.#grid, changed, sorting));
      if (rows.length > 1 && columns.some(({ isNumeric }) => isNumeric)) features.push(new Views(this.#grid, changed));
      if (rows.length >= FEW) features.push(new Search(this.#grid, changed), new Choices(this.#grid, changed));
      return features;
    }

    /** Hides rows for another script: those for which `shows(row)` is false. `said` tells people why; null lets them all be seen again. */
    limit(name, shows, said) {
      if (said === null) this.#conditions.delete(name);
      else this.#conditions.set(name, { shows, said: () => said });
      this.apply();
    }

    reset() {
      for (const feature of this.#features) feature.reset();
      this.#show();
      [...this.bar.querySelectorAll("input, select, summary")].find((each) => each.checkVisibility())?.focus();
    }

    /** Takes over what the URL says; names that it knows and the table does not are ignored. */
    read() {
      const parameters = new URLSearchParams(location.search);
      for (const feature of this.#features) feature.read((name) => parameters.get(`${this.id}.${name}`));
      this.apply();
      for (let around = this.bar.closest("details"); around && this.#isChanged; around = around.parentElement.closest("details")) {
        around.open = true;
      }
    }

    get #isChanged() {
      return Object.values(this.#kept()).some((value) => value !== null);
    }

    #kept() {
      return Object.assign({}, ...this.#features.map((feature) => feature.write()));
    }

    #show() {
      this.apply();
      clearTimeout(this.#writing);
      this.#writing = setTimeout(() => this.#write(), PAUSE);
    }

    #write() {
      const parameters = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(this.#kept())) {
        if (value === null) parameters.delete(`${this.id}.${name}`);
        else parameters.set(`${this.id}.${name}`, value);
      }
      const query = parameters.size ? `?${parameters}` : "";
      if (query !== location.search) history.replaceState(history.state, "", `${location.pathname}${query}${location.hash}`);
    }

    apply() {
      const conditions = [...this.#features.filter((feature) => feature.shows), ...this.#conditions.values()];
      let count = 0;
      for (const row of this.#grid.rows) {
        row.hidden = !conditions.every((condition) => condition.shows(row));
        count += row.hidden ? 0 : 1;
      }
      for (const feature of this.#features) feature.apply?.();
      this.#tell(count, conditions);
    }

    /** How many rows are shown and what hides the others, then what else is not as it came. */
    #tell(count, conditions) {
      const all = this.#grid.rows.length;
      const hiding = conditions.map((condition) => condition.said()).filter(Boolean).join(", ");
      const others = this.#features.filter((feature) => !feature.shows).map((feature) => feature.said()).filter(Boolean);
      const rows = hiding ? `${count} of ${all} rows shown: ${hiding}` : `${all} rows`;
      const parts = hiding || all >= FEW ? [rows, ...others] : others;
      const said = parts.join("; ").replace(/^./, (letter) => letter.toUpperCase());
      if (this.#status.textContent !== said) this.#status.textContent = said;
      this.#status.classList.toggle("hiding", count < all);
      this.#reset.hidden = !this.#isChanged;
    }
  }

  fuseboard.tables = new Map();
  fuseboard.addTable = (table) => {
    if (table.tHead && table.tBodies.length) fuseboard.tables.set(table.id, new Table(table));
  };
  for (const table of document.querySelectorAll("table.sortable")) fuseboard.addTable(table);
})();
