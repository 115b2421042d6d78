"use strict";
/* The subset explorer: backbones to tick and budgets to set, over the table of subsets that the page has anyway. tables.js hides the rows. */
(() => {
  const NEAR = 3; // neighbours named where a subset was not measured
  const PAUSE = 30; // milliseconds until rows go: the answer is painted first, and a slider that is dragged does not wait for hundreds of rows
  const DASH = "\u2013";
  const MINUS = "\u2212";

  const make = (tag, attributes = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.append(...children);
    return element;
  };
  const whole = (number) => number.toLocaleString("en", { maximumFractionDigits: 0 });

  /* One row as it stands in the table, whatever order or filter the table has now. */
  const read = (line, columns) => {
    const cells = Object.fromEntries(columns.map((name, index) => [name, line.cells[index]]));
    const value = cells.auc.querySelector("data");
    return {
      line,
      cells,
      members: new Set(line.dataset.in.split(" ")),
      place: line.dataset.place ? Number(line.dataset.place) : Infinity,
      auc: value ? Number(value.value) : null,
      name: [...cells.subset.childNodes].map((node) => node.data?.trim()).find(Boolean),
      width: Number(line.dataset.width),
      memory: line.dataset.memory ? Number(line.dataset.memory) : null,
    };
  };

  /* What a cell of the table shows, with its links, as a part of a sentence. */
  const copy = (cell, between = " ") => {
    const part = make("span", { className: "copied" });
    for (const node of [...cell.childNodes].filter((each) => !each.matches?.("input"))) {
      if (part.childNodes.length) part.append(between);
      part.append(node.cloneNode(true));
    }
    return part;
  };

  const within = (small, large) => [...small].every((name) => large.has(name));

  const explore = (section, suffix) => {
    const template = section.querySelector("template[data-controls]");
    const table = section.querySelector("table.subsets");
    if (!template || !table) return;
    const heads = [...table.tHead.rows[0].cells];
    const columns = heads.map((head) => head.dataset.column);
    const rows = [...table.tBodies[0].rows].map((line) => read(line, columns)).sort((a, b) => a.place - b.place);
    const free = rows.find((row) => row.place < Infinity);
    template.replaceWith(window.fuseboard.folded("Tick backbones or set a budget", template.content.cloneNode(true).children, location.search !== ""));
    const boxes = [...section.querySelectorAll(".pick input[type=checkbox]")];
    const answers = Object.fromEntries([...section.querySelectorAll("[data-answer]")].map((one) => [one.dataset.answer, one]));

    /* The state stands in the address, beside that of the table. */
    const remember = (name, value) => {
      const state = new URLSearchParams(location.search);
      if (value === null) state.delete(name + suffix);
      else state.set(name + suffix, value);
      const query = state.toString();
      try {
        history.replaceState(history.state, "", (query ? `?${query}` : location.pathname) + location.hash);
      } catch {
        // Some browsers refuse this for files; the explorer works, its address then says nothing.
      }
    };

    const ticked = () => new Set(boxes.filter((box) => box.checked).map((box) => box.value));

    const tick = (members) => {
      for (const box of boxes) box.checked = members.has(box.value);
      pick();
    };

    const facts = (row) => {
      const list = make("dl", { className: "facts" });
      for (const head of heads) {
        if (head.dataset.description) {
          list.append(make("dt", {}, head.dataset.description), make("dd", {}, copy(row.cells[head.dataset.column])));
        }
      }
      return list;
    };

    const neighbours = (title, found) => {
      const list = make("ul", { className: "near" });
      for (const row of found.slice(0, NEAR)) {
        const button = make("button", { type: "button", textContent: row.name });
        button.addEventListener("click", () => {
          tick(row.members);
          (boxes.find((box) => box.checked) || boxes[0]).focus();
        });
        list.append(make("li", {}, button, " test AUC ", row.auc === null ? DASH : row.auc.toFixed(3).replace(/^0/, "")));
      }
      return [make("p", {}, title), list];
    };

    const nearest = (wanted, larger) => {
      const distance = (row) => Math.abs(row.members.size - wanted.size);
      const fitting = rows.filter((row) => (larger ? within(wanted, row.members) : within(row.members, wanted)));
      return fitting.sort((a, b) => distance(a) - distance(b) || a.place - b.place);
    };

    const pick = () => {
      const wanted = ticked();
      const exact = wanted.size && rows.find((row) => row.members.size === wanted.size && within(wanted, row.members));
      for (const row of rows) row.line.classList.toggle("picked", row === exact);
      remember("pick", wanted.size ? [...wanted].join(" ") : null); // a space is written as +
      const answer = answers.pick;
      if (!wanted.size) {
        answer.replaceChildren(make("p", { textContent: "Nothing is ticked." }));
      } else if (exact) {
        answer.replaceChildren(make("p", {}, copy(exact.cells.subset)), facts(exact));
      } else {
        const [above, below] = [nearest(wanted, true), nearest(wanted, false)];
        answer.replaceChildren(
          make("p", {}, make("strong", { textContent: "This subset was not measured." })),
          ...(above.length ? neighbours("Nearest with all of these, and more:", above) : []),
          ...(below.length ? neighbours("Nearest with some of these, and no others:", below) : []),
          ...(above.length || below.length ? [] : [make("p", { textContent: "Neither was any that holds it, or that it holds." })]),
        );
      }
    };

    /* A slider steps through the values that rows have, so that every step may change something. */
    const budgets = [...section.querySelectorAll("[data-budget]")].map((input) => {
      const name = input.dataset.budget;
      const values = [...new Set(rows.map((row) => row[name]).filter((value) => value !== null))].sort((a, b) => a - b);
      const output = input.closest("p").querySelector("output");
      Object.assign(input, { min: 0, max: values.length - 1, step: 1, value: values.length - 1 });
      const budget = {
        name,
        get limit() { return Number(input.value) < values.length - 1 ? values[Number(input.value)] : Infinity; },
        set(value) {
          const fitting = values.filter((one) => one <= value).length;
          input.value = Math.max(0, fitting - 1);
          budget.say();
        },
        say() {
          const text = `${whole(values[Number(input.value)])} ${input.dataset.unit}`;
          output.textContent = text;
          input.setAttribute("aria-valuetext", text);
        },
        keep() { remember(name, budget.limit === Infinity ? null : String(budget.limit)); },
      };
      input.addEventListener("input", () => { budget.say(); spend(); });
      input.addEventListener("change", () => budget.keep());
      budget.say();
      return budget;
    });

    const outcome = (row) => {
      const name = make("strong", { textContent: row.name });
      return row.auc === null ? [name, " (without a test AUC)"] : [name, " (test AUC ", copy(row.cells.auc, ", "), ")"];
    };

    let waiting;
    const show = (kept, why) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => window.fuseboard.tables.get(table.id).limit("budget", (line) => kept.has(line), why), PAUSE);
    };

    const spend = () => {
      const limits = budgets.map((budget) => [budget.name, budget.limit]).filter(([, limit]) => limit < Infinity);
      const fits = (row) => limits.every(([name, limit]) => row[name] !== null && row[name] <= limit);
      const inside = rows.filter(fits);
      const best = inside.find((row) => row.place < Infinity);
      const kept = new Set(inside.map((row) => row.line));
      show(kept, limits.length ? "within the budget" : null);
      for (const row of rows) row.line.classList.toggle("affordable", Boolean(limits.length) && row === best);
      const answer = make("p");
      if (!limits.length) {
        answer.append(`No budget: all ${whole(rows.length)} subsets are shown.`);
        if (free) answer.append(" Validation chooses ", ...outcome(free), ".");
      } else {
        const unknown = rows.filter((row) => limits.some(([name]) => row[name] === null)).length;
        answer.append(`${whole(inside.length)} of ${whole(rows.length)} subsets are within the budget; the others are hidden`);
        answer.append(unknown ? `, ${whole(unknown)} of them because their memory is not known. ` : ". ");
        if (!best) answer.append("Validation could choose none of them.");
        else if (best === free) answer.append("Validation would choose the same as without a budget: ", ...outcome(best), ".");
        else {
          answer.append("Validation would choose ", ...outcome(best));
          if (best.auc !== null && free.auc !== null) {
            const points = 100 * (best.auc - free.auc);
            const signed = (points < 0 ? MINUS : "+") + Math.abs(points).toFixed(Math.abs(points) >= 0.1 || !points ? 1 : 2);
            answer.append(`: ${signed} percentage points of test AUC against the unrestricted choice, `, ...outcome(free));
          }
          answer.append(".");
        }
      }
      answers.budget.replaceChildren(answer);
    };

    section.querySelector("[data-act=first]").addEventListener("click", () => free && tick(free.members));
    section.querySelector("[data-act=none]").addEventListener("click", () => tick(new Set()));
    section.querySelector("[data-act=free]").addEventListener("click", () => {
      for (const budget of budgets) {
        budget.set(Infinity);
        budget.keep();
      }
      spend();
    });
    for (const box of boxes) box.addEventListener("change", pick);
    const find = section.querySelector("[data-find]");
    if (find) {
      find.addEventListener("input", () => {
        const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
        for (const box of boxes) {
          const label = box.closest("label");
          const text = label.textContent.toLowerCase();
          label.hidden = !box.checked && !words.every((word) => text.includes(word));
        }
      });
    }

    const state = new URLSearchParams(location.search);
    for (const budget of budgets) {
      const value = Number(state.get(budget.name + suffix) ?? NaN);
      if (value >= 0) budget.set(value);
    }
    const asked = new Set((state.get(`pick${suffix}`) || "").split(/[ +]+/));
    tick(asked);
    spend();
  };

  /** Brings the rows that stand on further pages, then explores all of them. */
  const load = async (section, further, suffix) => {
    const table = section.querySelector("table.subsets");
    const urls = further.dataset.further.split(" ").map((path) => new URL(path, location.href).href);
    const pages = await Promise.all(urls.map(window.fuseboard.readPage));
    pages.forEach((page, at) => {
      const rows = [...page.querySelectorAll("table.subsets > tbody > tr")];
      table.tBodies[0].append(...rows.map((row) => window.fuseboard.copyFrom(row, urls[at])));
    });
    further.remove();
    table.classList.add("sortable");
    window.fuseboard.addTable(table);
    window.fuseboard.pinRows(table);
    explore(section, suffix);
  };

  const begin = (section, suffix) => {
    const further = section.querySelector("[data-further]");
    if (!further) return explore(section, suffix);
    if (!window.fuseboard.canRead) return undefined;
    const button = make("button", { type: "button", textContent: "Explore all of them" });
    const told = make("span", { className: "meta", role: "status" });
    const start = async (event) => {
      button.disabled = true;
      told.textContent = "Loading \u2026";
      try {
        await load(section, further, suffix);
        if (event) section.querySelector(".explore input")?.focus({ preventScroll: true });
      } catch {
        button.disabled = false;
        told.textContent = "They could not be loaded.";
      }
    };
    button.addEventListener("click", start);
    further.append(make("br"), button, " ", told);
    // An address that says what is ticked, sorted or searched is about all rows.
    return location.search ? start() : undefined;
  };

  [...document.querySelectorAll("[data-explorer]")].forEach((section, number) => {
    begin(section, number ? `-${section.dataset.explorer}` : "");
  });
})();
