"use strict";
/* Presets: filters that many readers want, one box each. A row says which of them keep it; what nobody knows about a row keeps it in none. */
(() => {
  const { element } = (window.fuseboard ??= {});
  const TITLES = { "open-licence": "Open licence", small: "Under 8 GB", "no-overlap": "No known training overlap" };
  const names = (each) => each.dataset.presets?.split(" ").filter(Boolean) ?? [];

  fuseboard.Presets = class {
    #boxes = [];

    constructor(grid, changed) {
      for (const name of names(grid.table)) {
        const kept = grid.rows.filter((row) => names(row).includes(name)).length;
        if (kept === 0 || kept === grid.rows.length) continue;
        const box = element("input", { type: "checkbox" });
        box.addEventListener("change", changed);
        this.#boxes.push({ name, box });
      }
      this.control = element("span", { className: "presets" });
      this.control.append(...this.#boxes.map(({ name, box }) => element("label", {}, box, TITLES[name])));
    }

    get #active() {
      return this.#boxes.filter(({ box }) => box.checked).map(({ name }) => name);
    }

    reset() {
      for (const { box } of this.#boxes) box.checked = false;
    }

    read(kept) {
      const asked = new Set(kept("preset")?.split(","));
      for (const { name, box } of this.#boxes) box.checked = asked.has(name);
    }

    write() {
      return { preset: this.#active.join(",") || null };
    }

    said() {
      return this.#active.map((name) => TITLES[name].toLowerCase().replace("gb", "GB")).join(", ") || null;
    }

    shows(row) {
      const own = names(row);
      return this.#active.every((name) => own.includes(name));
    }
  };
})();
