"use strict";
/* Comparing: the pinned rows held against the first of them, dataset by dataset and in the mean, with one plot; then how alike they are and what
   they cost. */
(() => {
  const { element, comparison, pins, numbers, paired, forest } = window.fuseboard;
  const place = document.getElementById("comparison");
  const LEVEL = 0.05;
  const KINDS = { backbone: "Backbones alone", method: "Methods" };
  const VERDICTS = ["win", "tie", "loss"];

  const cell = (tag, ...children) => element(tag, { className: "n" }, ...children);
  const exact = (value, shown) => (value === null ? shown : element("data", { value: String(value) }, shown));
  const small = (...children) => element("small", {}, ...children);
  const absent = (reason) => element("span", { className: "missing" }, numbers.DASH, " ", small(reason ?? ""));
  const link = (path, text) => (path ? element("a", { href: comparison.root + path }, text) : text);

  /** Whether a difference is a win, a loss, or cannot be told from none; null without a p. */
  const verdict = ({ value, p }) => (p === null ? null : p >= LEVEL ? "tie" : value > 0 ? "win" : "loss");

  const differenceCell = (found) => {
    if (!found) return cell("td", absent("not measured"));
    const made = cell("td", exact(found.value, numbers.points(found.value)));
    if (found.low !== null) made.append(small(exact(found.low, numbers.points(found.low)), " to ", exact(found.high, numbers.points(found.high))));
    if (found.p !== null) made.append(small(exact(found.p, numbers.p(found.p))));
    else made.append(small("no interval"));
    const told = verdict(found);
    if (told) made.classList.add(told);
    return made;
  };

  const scoreCell = (value, interval) => {
    if (value === null) return cell("td", absent("not measured"));
    const made = cell("td", exact(value, numbers.score(value)));
    if (interval) made.append(small(`${numbers.score(interval[0])} to ${numbers.score(interval[1])}`));
    return made;
  };

  const table = (id, caption, head, rows) => {
    const heading = (text, at) => {
      const made = element("th", { scope: "col", className: at ? "n dataset" : "" }, text);
      return made;
    };
    const body = element("tbody", {}, ...rows);
    const made = element("table", { className: "board", id }, element("caption", {}, element("span", {}, caption)), element("thead", {}, element("tr", {}, ...head.map(heading))), body);
    const scroll = element("div", { className: "scroll", tabIndex: 0 }, made);
    scroll.setAttribute("role", "group");
    scroll.setAttribute("aria-label", caption);
    return scroll;
  };

  const rowHead = (text) => element("th", { scope: "row" }, text);

  class Comparison {
    constructor(rows, { datasets, unit }) {
      this.rows = rows.map((row) => ({ ...row, scores: new paired.Scores(row, unit) }));
      [this.first, ...this.others] = this.rows;
      const measured = ({ name }) => this.rows.some((row) => row.scores.auc(name) !== null);
      this.datasets = datasets.filter(measured);
      this.counted = paired.counted(this.rows.map(({ scores }) => scores), datasets);
      this.found = this.others.map((other) => ({
        other,
        mean: this.counted.length ? other.scores.meanMinus(this.first.scores, this.counted) : null,
        on: new Map(this.datasets.map(({ name }) => [name, other.scores.minus(this.first.scores, name)])),
      }));
    }

    /** A name that is no other row's: that of the protocol is added where two rows share theirs. */
    named(row) {
      return this.rows.filter(({ name }) => name === row.name).length > 1 ? `${row.name} (${row.protocol})` : row.name;
    }

    #tally({ on }) {
      const told = [...this.counted].map((name) => on.get(name)).map((each) => each && verdict(each));
      return Object.fromEntries(VERDICTS.map((kind) => [kind, told.filter((each) => each === kind).length]));
    }

    get #over() {
      return `${this.counted.length} dataset${this.counted.length === 1 ? "" : "s"}`;
    }

    sentence(one) {
      const [name, first] = [this.named(one.other), this.named(this.first)];
      if (!one.mean) return `${name} and ${first} share no medical dataset that all pinned rows were measured on.`;
      const tally = this.#tally(one);
      const told = verdict(one.mean);
      const gap = `${numbers.points(one.mean.value)} points of mean AUC over ${this.#over}`;
      if (!told) return `${name}: ${gap} against ${first}, without an interval: ${one.mean.reason}.`;
      const interval = one.mean.low === null ? "" : ` (${numbers.points(one.mean.low)} to ${numbers.points(one.mean.high)})`;
      const says = { win: "scores more than", loss: "scores less than", tie: "cannot be told from" }[told];
      return `${name} ${says} ${first}: ${gap}${interval}, ${numbers.p(one.mean.p)}. Wins ${tally.win}, ties ${tally.tie}, losses ${tally.loss}.`;
    }

    /** Datasets that all rows have and that are in no mean. */
    get leftOut() {
      return this.datasets.map(({ name }) => name).filter((name) => !this.counted.includes(name));
    }

    get mixed() {
      return new Set(this.rows.map(({ protocol }) => protocol)).size > 1;
    }

    differences() {
      const rows = this.found.map((one) => {
        const tally = this.#tally(one);
        const told = one.mean && one.mean.p !== null;
        const record = cell("td", told ? `${tally.win} \u00b7 ${tally.tie} \u00b7 ${tally.loss}` : absent("no interval"));
        return element("tr", {}, rowHead(this.named(one.other)), differenceCell(one.mean), record, ...this.datasets.map(({ name }) => differenceCell(one.on.get(name))));
      });
      const head = ["Row", `Mean of ${this.counted.length}`, "Wins \u00b7 ties \u00b7 losses", ...this.datasets.map(({ page, name }) => link(page, name))];
      return table("differences", `Test AUC minus that of ${this.named(this.first)} in percentage points, with the 95 % interval of the difference and p`, head, rows);
    }

    scores() {
      const rows = this.rows.map((row) => {
        const mean = this.counted.length ? row.scores.mean(this.counted) : null;
        const own = this.datasets.map(({ name }) => {
          const made = scoreCell(row.scores.auc(name), row.scores.interval(name));
          const { row: from } = row.held[name] ?? {};
          const shown = made.querySelector("data");
          if (from && shown) shown.replaceWith(element("a", { className: "from", href: comparison.root + from }, shown.cloneNode(true)));
          return made;
        });
        return element("tr", {}, rowHead(link(row.page, this.named(row))), scoreCell(mean?.value ?? null, mean && mean.low !== null ? [mean.low, mean.high] : null), ...own);
      });
      return table("scores", "Test AUC with its own 95 % interval", ["Row", `Mean of ${this.counted.length}`, ...this.datasets.map(({ page, name }) => link(page, name))], rows);
    }

    figure() {
      const wanted = [...(this.counted.length ? [["mean", ({ mean }) => mean]] : []), ...this.datasets.map(({ name }) => [name, ({ on }) => on.get(name)])];
      const lines = wanted.map(([name, of]) => ({
        name: name === "mean" ? `mean of ${this.#over}` : name,
        points: this.found.flatMap((one, series) => {
          const found = of(one);
          if (!found) return [];
          const interval = found.low === null ? "no interval" : `95 % interval ${numbers.points(found.low)} to ${numbers.points(found.high)}, ${numbers.p(found.p)}`;
          const scaled = (value) => (value === null ? null : 100 * value);
          return [{ series, value: scaled(found.value), low: scaled(found.low), high: scaled(found.high), said: `${this.named(one.other)} on ${name}: ${numbers.points(found.value)} points, ${interval}` }];
        }),
      })).filter(({ points }) => points.length);
      if (!lines.length) return null;
      const across = `points of test AUC above ${this.named(this.first)}`;
      const drawing = forest({
        label: `Differences in test AUC to ${this.named(this.first)}, with 95 % intervals`, across, zero: true, rows: lines,
        series: this.others.map((other) => this.named(other)), width: fuseboard.plotWidth(place), shown: (tick, digits) => numbers.number(tick, digits),
      });
      fuseboard.speak(drawing);
      const files = element("span", { className: "files" }, "Figure: ");
      const caption = element("figcaption", {}, "Right of the line a row scores more; where an interval crosses it, nothing tells the two apart. ", files);
      const figure = element("figure", { className: "drawing wide" }, drawing, caption);
      figure.dataset.name = "comparison";
      fuseboard.offerText(figure, () => this.#csv());
      fuseboard.download(figure);
      return figure;
    }

    #csv() {
      const rows = this.found.flatMap((one) => [["mean", one.mean], ...one.on].filter(([, found]) => found).map(([dataset, found]) =>
        [this.named(one.other), this.named(this.first), dataset, found.value, found.low, found.high, found.p, found.reason]));
      return [["row", "minus", "dataset", "auc_difference", "low", "high", "p", "reason"], ...rows];
    }

    similarity() {
      const alone = this.rows.filter(({ kind }) => kind === "backbone");
      const own = alone.filter((row, at) => alone.findIndex(({ name }) => name === row.name) === at); // one backbone of two protocols sees alike
      const pairs = own.flatMap((one, at) => own.slice(at + 1).map((other) => [one, other]));
      const on = this.datasets.map(({ name }) => name).filter((name) => pairs.some(([one, other]) => one.cka[name]?.[other.name] !== undefined));
      if (!on.length) return element("p", { className: "note" }, pairs.length ? "How alike these backbones see the images (CKA) was not measured." : "CKA, how alike two backbones see the images, is of pairs of single backbones: pin two of them.");
      const rows = pairs.map(([one, other]) => element("tr", {}, rowHead(`${one.name} and ${other.name}`), ...on.map((name) => {
        const value = one.cka[name]?.[other.name] ?? null;
        return cell("td", value === null ? absent("not measured") : exact(value, numbers.score(value)));
      })));
      return table("similarity", "CKA, from 0 to 1: how alike two backbones see the test images; the less alike, the more there is to fuse", ["Pair", ...on], rows);
    }

    cost() {
      const of = (row, name) => row.cost?.[name] ?? null;
      const columns = [
        ["Parameters", "parameters", numbers.count],
        ["Embedding dim", "dim", (value) => numbers.number(value, 0)],
        ["Extraction, ms per image", "s_per_image", (value) => numbers.number(1000 * value, 2)],
        ["Peak GPU, MB", "peak_vram_mb", (value) => numbers.number(value, 0)],
        ["Peak process, MB", "peak_rss_mb", (value) => numbers.number(value, 0)],
      ].filter(([, name]) => this.rows.some((row) => of(row, name) !== null));
      if (!columns.length) return element("p", { className: "note" }, "What these rows cost is not on record.");
      const rows = this.rows.map((row) => element("tr", {}, rowHead(this.named(row)), ...columns.map(([, name, shown]) => {
        const value = of(row, name);
        return cell("td", value === null ? absent(row.cost ? "not on record" : "another subset on each dataset") : exact(value, shown(value)));
      })));
      return table("cost", "What embedding an image takes; a subset runs its backbones one after another", ["Row", ...columns.map(([title]) => title)], rows);
    }
  }

  const chooser = () => {
    const { rows } = comparison.offered;
    const select = element("select", { id: "add" }, element("option", { value: "" }, "Choose a row\u2026"));
    for (const [protocol, own] of Object.entries(rows)) {
      for (const [kind, title] of Object.entries(KINDS)) {
        const options = own.filter((row) => row.kind === kind && !pins.all.includes(row.id));
        if (options.length) select.append(element("optgroup", { label: `${title}, ${protocol}` }, ...options.map(({ id, name }) => element("option", { value: id }, name))));
      }
    }
    select.addEventListener("change", () => {
      if (!select.value) return;
      pins.all = [...pins.all, select.value];
      shown.then(() => document.getElementById("add")?.focus());
    });
    const label = element("label", { htmlFor: "add" }, "Add a row ");
    return pins.all.length < comparison.most ? element("p", { className: "add" }, label, select) : element("p", { className: "note" }, `${comparison.most} rows at most.`);
  };

  const listed = (rows, comparing) => element("ol", { className: "rows" }, ...rows.map((row, at) => {
    const act = (text, label, then) => {
      const button = element("button", { type: "button" }, text);
      button.setAttribute("aria-label", label);
      button.addEventListener("click", then);
      return button;
    };
    const identity = row.identity;
    const line = element("li", {}, element("strong", {}, link(row.page, row.name)), " ", small(`${row.kind}, protocol ${row.protocol}`), " ");
    if (at) line.append(act("Hold others against it", `Hold others against it: ${row.name}`, () => { pins.all = [identity, ...pins.all.filter((each) => each !== identity)]; }), " ");
    else if (comparing) line.append(element("span", { className: "badge chosen" }, "the others are held against it"), " ");
    line.append(act("Remove", `Remove ${row.name}`, () => { pins.all = pins.all.filter((each) => each !== identity); }));
    return line;
  }));

  const section = (title, ...children) => element("section", {}, element("h2", {}, title), ...children.filter(Boolean));

  /** Everything that is shown, or why there is nothing to show. */
  const drawn = async () => {
    const wanted = pins.all;
    const settled = await Promise.allSettled(wanted.map((identity) => comparison.load(identity)));
    const rows = settled.flatMap(({ value }, at) => (value ? [{ ...value, identity: wanted[at] }] : []));
    const gone = settled.length - rows.length;
    const parts = [];
    if (gone) parts.push(element("p", { className: "notice alarm" }, `${gone} of the pinned rows ${gone === 1 ? "is" : "are"} not on this site.`));
    const found = rows.length > 1 ? new Comparison(rows, comparison.offered) : null;
    if (rows.length) parts.push(listed(rows, Boolean(found)));
    parts.push(chooser());
    if (!found) return [...parts, element("p", { className: "note" }, rows.length ? "One more row, and there is something to compare." : "Nothing is pinned yet: choose two rows here, or tick rows on a board.")];
    if (found.mixed) parts.push(element("p", { className: "notice" }, "These rows are of different protocols: a difference is one of everything that the protocols set, the classifier included, and is no rank."));
    parts.push(element("ul", { className: "answers" }, ...found.found.map((one) => element("li", {}, found.sentence(one)))));
    if (found.leftOut.length) parts.push(element("p", { className: "note" }, `Not in the mean: ${found.leftOut.join(", ")}. It is over medical datasets that all pinned rows have, one size of the same images each, and with methods those of one pool of backbones.`));
    return [...parts, section("Differences", found.figure(), found.differences()), section("Scores", found.scores()), section("Similarity", found.similarity()), section("Cost", found.cost())];
  };

  let shown;
  const show = () => {
    const turn = (shown = drawn().then((parts) => { if (turn === shown) place.replaceChildren(...parts); }));
  };
  pins.changed(show);
  document.addEventListener("DOMContentLoaded", show); // what is offered comes with a script of its own
})();
