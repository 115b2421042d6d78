"use strict";
/* Views of a table: as it stands, with its cells coloured, or with the intervals of one of its columns drawn above it, in the order and with the rows
   that the table shows at the moment. */
(() => {
  const { element, words } = (window.fuseboard ??= {});
  const fuseboard = window.fuseboard;
  /** Shades of a cell, in views.css. */
  const SHADES = 10;
  /** Rows that are drawn; further ones would make a drawing that nobody sees as a whole. */
  const MOST = 100;
  /** Columns that are places and not measured: more is better in one of them and worse in the next. */
  const PLACES = ["rank", "mean-rank", "tier", "borda", "place"];
  const HEAT = "heat";
  const INTERVALS = "intervals";

  /** The numbers beneath a number: the ends of its interval; null without one. */
  const ends = (cell) => {
    for (const small of cell?.querySelectorAll("small") ?? []) {
      const found = [...small.querySelectorAll("data")].map((each) => Number(each.value));
      if (found.length === 2) return found;
    }
    return null;
  };

  /** What a row is called, without what else stands in its heading. */
  fuseboard.named = (heading) => {
    const copy = heading.cloneNode(true);
    const whole = words(copy);
    for (const other of copy.querySelectorAll("small, .badge, .why, button, input")) other.remove();
    return words(copy) || whole;
  };

  fuseboard.Views = class {
    #grid;
    #measured;
    #figure = null;
    #drawn = "";
    #coloured = null;

    constructor(grid, changed) {
      this.#grid = grid;
      const numeric = grid.columns.filter(({ isNumeric }) => isNumeric);
      this.#measured = numeric.filter((column) => grid.rows.some((row) => ends(grid.place(row, column.index)?.cell)));
      const title = ({ group, title: own }) => `${group ? `${group}, ` : ""}${own}`;
      const options = this.#measured.map((column) => element("option", { value: `${INTERVALS}:${column.name}` }, `intervals of ${title(column)}`));
      this.select = element("select", {}, element("option", { value: "" }, "table"), element("option", { value: HEAT }, "table with colours"));
      if (options.length) this.select.append(element("optgroup", { label: "drawn" }, ...options));
      this.select.addEventListener("change", changed);
      this.control = element("label", {}, "View ", this.select);
    }

    reset() {
      this.select.value = "";
    }

    read(kept) {
      const wanted = kept("view") ?? "";
      this.select.value = [...this.select.options].some(({ value }) => value === wanted) ? wanted : "";
    }

    write() {
      return { view: this.select.value || null };
    }

    said() {
      return this.select.value === HEAT ? "the larger a number in its column, the more colour" : null;
    }

    apply() {
      this.#colour(this.select.value === HEAT);
      const [kind, name] = this.select.value.split(/:(.*)/);
      const column = kind === INTERVALS && this.#grid.named(name);
      if (column) this.#draw(column);
      else this.#clear();
    }

    #clear() {
      this.#figure?.remove();
      this.#figure = null;
      this.#drawn = "";
    }

    /** Columns are coloured each by itself; whole numbers are ranks and counts, of which more colour says nothing. */
    #colour(wanted) {
      if (wanted === (this.#coloured !== null)) return;
      for (const cell of this.#coloured ?? []) for (const name of [...cell.classList]) if (name.startsWith("shade-")) cell.classList.remove(name);
      this.#coloured = wanted ? [] : null;
      this.#grid.table.classList.toggle("shaded", wanted);
      if (!wanted) return;
      for (const column of this.#grid.columns.filter(({ isNumeric, name }) => isNumeric && !PLACES.includes(name))) {
        const found = this.#grid.rows.map((row) => ({ cell: this.#grid.place(row, column.index)?.cell, value: this.#grid.value(row, column) }));
        const known = found.filter(({ value }) => value !== null);
        const values = known.map(({ value }) => value);
        const [low, high] = [Math.min(...values), Math.max(...values)];
        if (!(high > low) || values.every(Number.isInteger)) continue;
        for (const { cell, value } of known) {
          cell.classList.add(`shade-${Math.round((SHADES * (value - low)) / (high - low))}`);
          this.#coloured.push(cell);
        }
      }
    }

    #rows(column) {
      const tier = this.#grid.named("tier");
      const shown = this.#grid.bodies.flatMap(({ body }) => [...body.rows]).filter((row) => !row.hidden);
      const points = shown.map((row) => ({ row, value: this.#grid.value(row, column) })).filter(({ value }) => value !== null);
      return points.map(({ row, value }) => {
        const heading = row.querySelector("th");
        const links = heading.querySelectorAll("a:not(.badge, .row-link)");
        const [low, high] = ends(this.#grid.place(row, column.index).cell) ?? [null, null];
        const name = fuseboard.named(heading);
        const shownAs = this.#shown(row, column);
        const interval = low === null ? "no interval" : `95 % interval ${shownAs.interval}`;
        return {
          name,
          href: links.length === 1 ? links[0].getAttribute("href") : null,
          tied: column.name === "mean" && tier !== undefined && this.#grid.value(row, tier) === 1,
          points: [{ series: 0, value, low, high, said: `${name}: ${shownAs.value}, ${interval}` }],
        };
      });
    }

    /** A number and its interval as the table writes them. */
    #shown(row, column) {
      const { cell } = this.#grid.place(row, column.index);
      const small = [...cell.querySelectorAll("small")].find((each) => each.querySelectorAll("data").length === 2);
      return { value: words(cell.querySelector("data") ?? cell), interval: small ? words(small) : "" };
    }

    #draw(column) {
      const every = this.#rows(column);
      const rows = every.slice(0, MOST);
      const title = `${column.group ? `${column.group}, ` : ""}${column.title}`;
      const state = JSON.stringify([column.name, rows]);
      if (state === this.#drawn) return;
      this.#clear();
      this.#drawn = state;
      if (!rows.length) return;
      const { table } = this.#grid;
      const place = table.closest(".scroll") ?? table;
      const isShare = rows.some(({ points }) => /: \u2212?\./.test(points[0].said)); // its cells have no zero before the point
      const drawing = fuseboard.forest({
        label: `${title} with 95 % intervals`, across: title, rows, width: fuseboard.plotWidth(place.parentElement), zero: rows.some(({ points }) => points[0].value < 0),
        shown: (tick, digits) => {
          const text = tick.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "\u2212");
          return isShare ? text.replace(/^(\u2212?)0\./, "$1.") : text;
        },
      });
      fuseboard.speak(drawing);
      const files = element("span", { className: "files" }, "Figure: ");
      const tied = rows.some((row) => row.tied) ? "Rows on a shaded ground cannot be told from the best. " : "";
      const cutOff = every.length > MOST ? `The first ${MOST} of ${every.length} rows. ` : "";
      const within = element("div", { className: "tall", tabIndex: 0 }, drawing);
      within.setAttribute("role", "group");
      within.setAttribute("aria-label", `${title}, drawn`);
      this.#figure = element("figure", { className: "drawing wide" }, within, element("figcaption", {}, tied, cutOff, "A ring has no interval. ", files));
      this.#figure.dataset.name = `${table.id}-${column.name}`;
      fuseboard.offerText(this.#figure, () => this.#csv(rows));
      fuseboard.download(this.#figure);
      place.before(this.#figure);
    }

    #csv(rows) {
      return [["name", "value", "low", "high", "tied_with_best"], ...rows.map(({ name, tied, points: [{ value, low, high }] }) => [name, value, low, high, tied])];
    }
  };
})();
