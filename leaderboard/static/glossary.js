"use strict";
/* Glossary: what a word means is shown beside it on hovering, on tapping and when it has the focus. Without this file the word is a link to its
   line among all words of the site. */
(() => {
  const { element } = window.fuseboard;
  const tip = element("p", { className: "meaning", id: "meaning", hidden: true });
  tip.setAttribute("role", "tooltip");
  let shown = null;

  const hide = () => {
    shown?.removeAttribute("aria-describedby");
    tip.hidden = true;
    shown = null;
  };

  /** It stands in the window, because a table cuts off what reaches beyond it. */
  const show = (word) => {
    if (word === shown) return;
    hide();
    shown = word;
    tip.textContent = word.dataset.means;
    word.setAttribute("aria-describedby", tip.id);
    tip.hidden = false;
    const at = word.getBoundingClientRect();
    const below = at.bottom + tip.offsetHeight + 8 <= innerHeight;
    tip.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${below ? at.bottom + 2 : at.top - tip.offsetHeight - 2}px`;
  };

  const word = (event) => event.target.closest?.("[data-means]");
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    if (word(event)) show(word(event));
    else if (shown && event.target !== tip && shown !== document.activeElement) hide();
  });
  document.addEventListener("focusin", (event) => {
    if (word(event)?.matches(":focus-visible")) show(word(event));
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("click", (event) => {
    if (event.pointerType !== "touch") return;
    if (word(event) && word(event) !== shown) {
      event.preventDefault(); // the first tap says what it means, the second one follows
      show(word(event));
    } else if (!word(event)) hide();
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("scroll", hide, { capture: true, passive: true });
  document.body.append(tip);
})();
