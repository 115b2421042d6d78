"use strict";
/* Search: rows that hold every word, in whatever column of words, shown or not. Numbers are not searched: a "4" stands in almost every score. */
(() => {
  const { element, words } = (window.fuseboard ??= {});
  const isNumber = (cell) => cell.classList.contains("n");
  const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  fuseboard.Search = class {
    #texts = new Map();
    #words = [];

    constructor(grid, changed) {
      this.input = element("input", { type: "search", maxLength: 200, autocomplete: "off", spellcheck: false });
      this.control = element("label", {}, "Search ", this.input);
      this.input.addEventListener("input", () => {
        this.#split();
        changed();
      });
    }

    #split() {
      this.#words = folded(this.input.value).split(/\s+/).filter(Boolean);
    }

    reset() {
      this.input.value = "";
      this.#split();
    }

    read(kept) {
      this.input.value = kept("q") ?? "";
      this.#split();
    }

    write() {
      return { q: this.#words.length ? this.input.value.trim() : null };
    }

    said() {
      return this.#words.length ? `search \u2018${this.input.value.trim()}\u2019` : null;
    }

    shows(row) {
      if (!this.#words.length) return true;
      if (!this.#texts.has(row)) this.#texts.set(row, folded([...row.cells].filter((cell) => !isNumber(cell)).map(words).join(" ")));
      return this.#words.every((word) => this.#texts.get(row).includes(word));
    }
  };
})();
