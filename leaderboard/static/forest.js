"use strict";
/* Interval plots of what a page shows at the moment: a dot with its interval per row, or several of different rows beside one another. Drawn like
   the plots that come with the pages: colours of the theme, a title per mark, and a table that says the same. */
(() => {
  const fuseboard = (window.fuseboard ??= {});
  const SVG = "http://www.w3.org/2000/svg";
  /** Colours by Okabe and Ito, each with a shape of its own, so that neither has to be told by colour alone. */
  const SERIES = [
    { colour: "var(--plot-chosen)", path: "M3.5,0A3.5,3.5,0,1,1,-3.5,0A3.5,3.5,0,1,1,3.5,0" },
    { colour: "var(--plot-oracle)", path: "M-3.3,-3.3h6.6v6.6h-6.6Z" },
    { colour: "var(--plot-all)", path: "M0,-4.6L4.6,0L0,4.6L-4.6,0Z" },
    { colour: "var(--plot-single)", path: "M0,-4.4L4.2,3.2L-4.2,3.2Z" },
  ];
  const [TOP, RIGHT, BOTTOM] = [10, 16, 46];
  const KEY = 18;
  /** Width of a letter of a name, and of a tick's label. */
  const LETTER = 7;
  const TICKS = 5;
  /** Height of a field that is more than most screens show. */
  const TALL = 440;

  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  const cut = (text, letters) => (text.length <= letters ? text : `${text.slice(0, letters - 1)}\u2026`);

  /** Round numbers between two bounds. */
  const ticksOf = (low, high) => {
    const raw = (high - low) / TICKS;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw);
    const found = [];
    for (let at = Math.ceil(low / step); at * step <= high; at += 1) found.push(at * step);
    return { found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
  };

  const range = (values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const margin = 0.06 * (high - low) || 0.005;
    return [low - margin, high + margin];
  };

  /** A name that leads somewhere, or just a name. */
  const named = (text, href, said) => (href ? make("a", { href }, make("title", {}, said), text) : text);

  /**
   * @param {object} plot `label` says what is shown to those who do not see it, `across` what the values are; `series` are names for the legend,
   *   `rows` have a `name`, perhaps an `href` and `tied`, and `points` with `series`, `value`, `low`, `high` and what is `said` of them; `zero` asks for
   *   a line at 0; `width` is that of the drawing.
   */
  fuseboard.forest = ({ label, across, series = [], rows, zero = false, width, shown }) => {
    const several = Math.max(1, series.length);
    const height = several > 1 ? 12 + 13 * several : 24;
    const longest = Math.max(...rows.map(({ name }) => name.length));
    const left = Math.min(12 + LETTER * longest, 0.42 * width);
    const keys = series.length ? KEY * series.length : 0;
    const [across0, across1] = [left, width - RIGHT];
    const points = rows.flatMap((row) => row.points);
    const ends = points.flatMap(({ value, low, high }) => [value, low, high]).filter((each) => each !== null);
    const [low, high] = range(zero ? [...ends, 0] : ends);
    const x = (value) => Math.round(10 * (across0 + ((value - low) / (high - low)) * (across1 - across0))) / 10;
    const above = rows.length * height > TALL ? KEY : 0; // the axis stands above as well where the one below is out of sight
    const top = TOP + keys + above;
    const bottom = top + height * rows.length;
    const drawing = make("svg", { class: "plot", viewBox: `0 0 ${width} ${bottom + BOTTOM}`, role: "group", "aria-label": label });
    series.forEach((name, at) => {
      const y = TOP + KEY * at + 4;
      drawing.append(make("path", { d: SERIES[at].path, transform: `translate(12,${y})`, fill: SERIES[at].colour }));
      drawing.append(make("text", { x: 22, y: y + 4, fill: "var(--ink)" }, cut(name, Math.floor((width - 30) / LETTER))));
    });
    rows.forEach((row, at) => {
      if (row.tied) drawing.append(make("path", { d: `M0,${top + height * at}h${across1}v${height}h${-across1}Z`, fill: "var(--plot-chosen)", "fill-opacity": 0.12 }));
    });
    const { found, digits } = ticksOf(low, high);
    for (const tick of found) {
      drawing.append(make("path", { d: `M${x(tick)},${top}V${bottom}`, stroke: "var(--line)", "stroke-width": 1, fill: "none" }));
      for (const y of above ? [top - 6, bottom + 16] : [bottom + 16]) {
        drawing.append(make("text", { x: x(tick), y, fill: "var(--soft)", "text-anchor": "middle" }, shown(tick, digits)));
      }
    }
    if (zero) drawing.append(make("path", { d: `M${x(0)},${top}V${bottom}`, stroke: "var(--soft)", "stroke-width": 1.5, fill: "none" }));
    drawing.append(make("path", { d: `M${across0},${bottom}H${across1}`, stroke: "var(--soft)", "stroke-width": 1, fill: "none" }));
    drawing.append(make("text", { x: across1, y: bottom + 36, fill: "var(--ink)", "text-anchor": "end" }, cut(across, Math.floor(across1 / LETTER))));
    rows.forEach((row, at) => {
      const middle = top + height * (at + 0.5);
      const text = make("text", { x: 4, y: middle + 4, fill: row.href ? "var(--accent)" : "var(--ink)" }, cut(row.name, Math.floor((left - 8) / LETTER)));
      drawing.append(named(text, row.href, row.points[0]?.said ?? row.name));
      if (several > 1 && at) drawing.append(make("path", { d: `M0,${top + height * at}H${across1}`, stroke: "var(--line)", "stroke-width": 1, fill: "none" }));
      for (const point of row.points) {
        const y = middle + 13 * (point.series - (several - 1) / 2);
        const { colour, path } = SERIES[point.series];
        const known = point.low !== null;
        const mark = make("g", {}, make("title", {}, point.said));
        if (known) mark.append(make("path", { d: `M${x(point.low)},${y}H${x(point.high)}`, stroke: colour, "stroke-width": 2, fill: "none" }));
        const hollow = { fill: "var(--raised)", stroke: colour, "stroke-width": 1.5 };
        mark.append(make("path", { d: path, transform: `translate(${x(point.value)},${y})`, ...(known ? { fill: colour } : hollow) }));
        drawing.append(mark);
      }
    });
    return drawing;
  };

  fuseboard.plotWidth = (element) => Math.round(Math.max(320, Math.min(720, element.clientWidth || 720)));
})();
