"use strict";
/* Plots: what a mark stands for is shown beside it on hovering, on tapping near it and when it has the focus. Without this file it is the mark's
   title, and every link leads where it leads. */
(() => {
  const { element, download } = window.fuseboard;
  /** Pixels around a finger in which a mark counts as tapped. */
  const NEAR = 28;
  const tip = element("p", { className: "tip", id: "tip", hidden: true });
  let shown = null;

  const middle = (mark) => {
    const box = mark.getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };

  const hide = () => {
    tip.hidden = true;
    shown = null;
  };

  const show = (mark) => {
    if (mark === shown) return;
    shown = mark;
    const { said } = mark.dataset;
    const link = mark.closest("a");
    tip.replaceChildren(link ? element("a", { href: link.href.baseVal, tabIndex: -1 }, said) : said);
    const figure = mark.closest("figure") ?? mark.closest("svg").parentElement;
    figure.append(tip);
    tip.hidden = false;
    const [frame, at] = [figure.getBoundingClientRect(), middle(mark)];
    tip.style.left = `${Math.max(0, Math.min(at.x - frame.x + 8, frame.width - tip.offsetWidth))}px`;
    tip.style.top = `${at.y - frame.y + 12}px`;
  };

  /** The mark that is nearest to a point, of those within reach. */
  const nearest = (marks, { x, y }) => {
    const distances = marks.map((mark) => {
      const at = middle(mark);
      return { mark, distance: Math.hypot(at.x - x, at.y - y) };
    });
    distances.sort((one, other) => one.distance - other.distance);
    return distances[0]?.distance <= NEAR ? distances[0].mark : null;
  };

  /** Makes the marks of a drawing say what they stand for; a title would be shown a second time by the browser. */
  fuseboard.speak = (drawing) => {
    const marks = [];
    for (const title of drawing.querySelectorAll("title")) {
      const mark = title.parentElement;
      mark.dataset.said = title.textContent;
      title.remove();
      if (mark.tagName === "a") {
        const [said, seen] = [mark.dataset.said, mark.textContent]; // what is seen is part of the name, also where it is cut
        mark.setAttribute("aria-label", said.includes(seen) ? said : `${seen} ${said}`);
      }
      marks.push(mark);
    }
    const marked = (event) => event.target.closest?.("[data-said]");
    drawing.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "touch" && marked(event)) show(marked(event));
    });
    drawing.addEventListener("focusin", (event) => event.target.matches(":focus-visible") && marked(event) && show(marked(event)));
    drawing.addEventListener("focusout", (event) => tip.contains(event.relatedTarget) || hide());
    drawing.addEventListener("click", (event) => {
      if (event.pointerType !== "touch") return;
      const meant = marked(event) ?? nearest(marks, { x: event.clientX, y: event.clientY });
      if (meant && meant !== shown) {
        event.preventDefault(); // the first tap says what it is, the second one follows
        show(meant);
      } else if (!meant) hide();
    });
  };

  for (const drawing of document.querySelectorAll("svg.plot")) fuseboard.speak(drawing);
  for (const figure of document.querySelectorAll("figure.drawing")) download(figure);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("pointerover", (event) => {
    if (shown && event.pointerType !== "touch" && !event.target.closest?.("[data-said], .tip")) hide();
  });
})();
