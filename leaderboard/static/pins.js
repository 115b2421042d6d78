"use strict";
/* Pins: up to five rows of any board, kept in the address and carried along by every link of the site, to be held against each other on a page of
   their own. Without this file there is nothing to pin, and every table stands as it is. */
(() => {
  const { element, words } = window.fuseboard;
  const root = new URL("..", document.currentScript.src).href;
  const NAME = "pins";
  const MOST = 5;
  /** Protocol, kind and name, as leaderboard/pages/address.py writes them. Whatever else stands in an address names no file. */
  const IDENTITY = /^[a-z0-9._-]+\.[BMS]\.[a-z0-9._-]+$/;
  const loading = new Map();
  const rows = new Map();

  /** What the files of data/compare/ call. */
  fuseboard.comparison = {
    root,
    most: MOST,
    offered: null,
    offer: (told) => { fuseboard.comparison.offered = told; },
    take: (identity, row) => rows.set(identity, row),
    /** A row by its identity, from its file; rejected where there is no such row. */
    load(identity) {
      if (!loading.has(identity)) {
        const wanted = new Promise((resolve, reject) => {
          const script = element("script", { src: `${root}data/compare/${identity}.js` });
          script.addEventListener("load", () => (rows.has(identity) ? resolve(rows.get(identity)) : reject(new Error(identity))));
          script.addEventListener("error", () => reject(new Error(identity)));
          document.head.append(script);
        });
        loading.set(identity, wanted);
      }
      return loading.get(identity);
    },
  };

  const read = () => {
    const asked = (new URLSearchParams(location.search).get(NAME) ?? "").split(/[ +]+/);
    return [...new Set(asked)].filter((each) => IDENTITY.test(each)).slice(0, MOST);
  };

  const written = (url, pinned) => {
    const other = new URL(url);
    if (pinned.length) other.searchParams.set(NAME, pinned.join(" "));
    else other.searchParams.delete(NAME);
    return other.href;
  };

  let pinned = read();
  const listeners = [];
  fuseboard.pins = {
    get all() { return pinned; },
    set all(wanted) {
      pinned = wanted.slice(0, MOST);
      history.replaceState(history.state, "", written(location.href, pinned));
      for (const listener of listeners) listener();
    },
    changed(listener) { listeners.push(listener); },
  };

  /** A link into the site takes the pins along, so that rows of several boards can be pinned. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!pinned.length || !(link instanceof HTMLAnchorElement) || link.hasAttribute("download")) return;
    const [address] = link.href.split("#");
    if (address.startsWith(root) && address !== location.href.split("#")[0]) link.href = written(link.href, pinned);
  }, true);

  const boxes = new Map();
  const labels = new Map();
  const bar = element("div", { className: "pinned", hidden: true });
  bar.setAttribute("role", "region");
  bar.setAttribute("aria-label", "Rows to compare");

  const labelled = (identity) => {
    const label = element("span", {}, labels.get(identity) ?? identity.split(/\.[BMS]\./)[1]);
    if (!labels.has(identity)) {
      fuseboard.comparison.load(identity).then(({ name }) => { label.textContent = name; }, () => { label.textContent = "a row that is gone"; });
    }
    return label;
  };

  const chip = (identity) => {
    const label = labelled(identity);
    const remove = element("button", { type: "button", className: "unpin" }, "\u00d7");
    remove.setAttribute("aria-label", `Unpin ${label.textContent}`);
    remove.addEventListener("click", () => {
      fuseboard.pins.all = pinned.filter((each) => each !== identity);
      (bar.hidden ? document.querySelector("input.pin") : bar.querySelector("button, a"))?.focus();
    });
    return element("span", { className: "chip" }, label, remove);
  };

  const show = () => {
    for (const [identity, own] of boxes) {
      for (const box of own) {
        box.checked = pinned.includes(identity);
        box.disabled = !box.checked && pinned.length >= MOST;
      }
    }
    bar.hidden = pinned.length === 0;
    document.body.classList.toggle("pinning", !bar.hidden);
    const go = element("a", { className: "go", href: written(`${root}compare.html`, pinned) }, pinned.length > 1 ? `Compare ${pinned.length} rows` : "Compare with\u2026");
    bar.replaceChildren(element("span", { className: "count" }, `Pinned ${pinned.length} of ${MOST}`), ...pinned.map(chip), go);
  };

  /** Puts a box into every row below an element that can be pinned. */
  fuseboard.pinRows = (above) => {
    for (const row of above.querySelectorAll("tr[data-pin]:not(:has(input.pin))")) {
      const heading = row.querySelector("th");
      const identity = row.dataset.pin;
      const name = words(heading.querySelector(".backbone, .badge") ?? heading) || words(heading);
      const box = element("input", { type: "checkbox", className: "pin", title: "Pin this row, to compare it with others" });
      box.setAttribute("aria-label", `Pin ${name}`);
      box.addEventListener("change", () => {
        fuseboard.pins.all = box.checked ? [...pinned, identity] : pinned.filter((each) => each !== identity);
      });
      labels.set(identity, name);
      boxes.set(identity, [...(boxes.get(identity) ?? []), box]);
      heading.prepend(box);
    }
    show();
  };

  if (!document.getElementById("comparison")) {
    document.body.append(bar);
    fuseboard.pins.changed(show);
    fuseboard.pinRows(document);
  }
})();
