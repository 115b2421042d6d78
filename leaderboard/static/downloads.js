"use strict";
/* Downloads of figures: a drawing as SVG or PNG in the colours that it is seen in, with the line that says where it is from. A picture that the
   browser would have to load is refused by the policy of these pages, so a PNG is painted shape by shape. */
(() => {
  const { element } = window.fuseboard;
  const SVG = "http://www.w3.org/2000/svg";
  /** Pixels of a PNG per unit of a drawing. */
  const SCALE = 3;
  /** Height of the line beneath a drawing, and the largest letters in it. */
  const LINE = 18;
  const LETTERS = 9;
  const PAINTS = ["fill", "stroke"];
  const INHERITED = [...PAINTS, "stroke-width", "stroke-dasharray", "fill-opacity", "stroke-opacity", "text-anchor", "font-size"];

  const colour = (paint) => {
    const style = getComputedStyle(document.documentElement);
    const name = paint.match(/^var\((--[a-z-]+)\)$/)?.[1];
    return name ? style.getPropertyValue(name).trim() : paint;
  };

  /** A drawing that stands for itself: with its colours, its ground and its source. */
  const whole = (drawing, source) => {
    const made = drawing.cloneNode(true);
    const { width, height } = drawing.viewBox.baseVal;
    const own = { viewBox: `0 0 ${width} ${height + LINE}`, width, height: height + LINE, "font-family": "sans-serif", "font-size": 12.5 };
    for (const [name, value] of Object.entries({ xmlns: SVG, ...own })) made.setAttribute(name, value);
    made.removeAttribute("class");
    for (const link of made.querySelectorAll("a")) link.replaceWith(...link.childNodes);
    for (const mark of made.querySelectorAll("[data-said]")) {
      const title = document.createElementNS(SVG, "title");
      title.textContent = mark.dataset.said;
      mark.append(title);
      delete mark.dataset.said;
    }
    const ground = document.createElementNS(SVG, "path");
    ground.setAttribute("d", `M0,0h${width}v${height + LINE}h${-width}Z`);
    ground.setAttribute("fill", "var(--raised)");
    const line = document.createElementNS(SVG, "text");
    const letters = Math.min(LETTERS, (width - 16) / (0.56 * source.length));
    for (const [name, value] of Object.entries({ x: 8, y: height + 10, fill: "var(--soft)", "font-size": letters })) line.setAttribute(name, value);
    line.textContent = source;
    made.prepend(ground);
    made.append(line);
    for (const part of made.querySelectorAll("*")) {
      for (const paint of PAINTS) if (part.hasAttribute(paint)) part.setAttribute(paint, colour(part.getAttribute(paint)));
    }
    return made;
  };

  const number = (part, name) => Number(part.getAttribute(name) ?? 0);

  const paintText = (context, part, style) => {
    context.font = `${style["font-size"]}px sans-serif`;
    context.textAlign = { middle: "center", end: "right" }[style["text-anchor"]] ?? "left";
    context.fillText(part.firstChild?.data ?? "", number(part, "x"), number(part, "y"));
  };

  const paintShape = (context, part, style) => {
    const path = new Path2D(part.getAttribute("d") ?? "");
    if (part.tagName === "line") {
      path.moveTo(number(part, "x1"), number(part, "y1"));
      path.lineTo(number(part, "x2"), number(part, "y2"));
    }
    context.globalAlpha = Number(style["fill-opacity"] ?? 1);
    if (style.fill !== "none" && part.tagName === "path") context.fill(path);
    context.globalAlpha = Number(style["stroke-opacity"] ?? 1);
    if ((style.stroke ?? "none") !== "none") context.stroke(path);
    context.globalAlpha = 1;
  };

  const paint = (context, part, inherited) => {
    if (part.tagName === "title") return;
    const style = { ...inherited };
    for (const name of INHERITED) style[name] = part.getAttribute(name) ?? style[name];
    context.save();
    const moved = part.transform?.baseVal.consolidate()?.matrix;
    if (moved) context.transform(moved.a, moved.b, moved.c, moved.d, moved.e, moved.f);
    context.fillStyle = style.fill ?? "black";
    context.strokeStyle = style.stroke ?? "none";
    context.lineWidth = Number(style["stroke-width"] ?? 1);
    context.setLineDash((style["stroke-dasharray"] ?? "").split(/[ ,]+/).filter((each) => Number(each) > 0).map(Number));
    if (part.tagName === "text") paintText(context, part, style);
    else if (part.tagName === "path" || part.tagName === "line") paintShape(context, part, style);
    for (const child of part.children) paint(context, child, style);
    context.restore();
  };

  const png = (drawing) => {
    const { width, height } = drawing.viewBox.baseVal;
    const canvas = element("canvas", { width: SCALE * width, height: SCALE * height });
    const context = canvas.getContext("2d");
    context.scale(SCALE, SCALE);
    paint(context, drawing, {});
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  };

  const save = (blob, name) => {
    const link = element("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const source = document.querySelector('meta[name="fuseboard-source"]')?.content ?? "";

  const quoted = (value) => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

  /** Offers rows of a figure that was drawn on this page as CSV, with the line that says where they are from. */
  fuseboard.offerText = (figure, rows) => {
    const button = element("button", { type: "button", className: "file" }, "CSV");
    button.addEventListener("click", () => {
      const lines = rows().map((row) => row.map((value) => quoted(String(value ?? ""))).join(","));
      save(new Blob([[`# ${source}`, ...lines, ""].join("\n")], { type: "text/csv" }), `${figure.dataset.name}.csv`);
    });
    figure.querySelector(".files").append(button);
  };

  /** Adds what a figure can be downloaded as to its list of files. */
  fuseboard.download = (figure) => {
    const { name } = figure.dataset;
    const files = figure.querySelector(".files");
    const own = () => whole(figure.querySelector("svg"), source);
    const kinds = {
      SVG: () => save(new Blob([new XMLSerializer().serializeToString(own())], { type: "image/svg+xml" }), `${name}.svg`),
      PNG: async () => save(await png(own()), `${name}.png`),
    };
    for (const [kind, make] of Object.entries(kinds)) {
      const button = element("button", { type: "button", className: "file" }, kind);
      button.addEventListener("click", make);
      files.append(" · ", button);
    }
  };
})();
