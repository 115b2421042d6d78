"use strict";
/* The picker: what is asked leads to one of the answers that were written when the site was built. */
(() => {
  const template = document.querySelector("template[data-asked]");
  if (!template) return;
  const asked = JSON.parse(template.dataset.asked);
  const picker = template.content.firstElementChild.cloneNode(true);
  template.before(picker);
  const answer = document.querySelector("[data-answer]");
  const selects = [...picker.querySelectorAll("select")];
  const [dataset, images, memory, licence] = selects;
  const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

  const offerImages = () => {
    const sizes = asked[dataset.value].few.slice(0, -1).map(([count]) => count);
    const chosen = images.value;
    images.replaceChildren(...["", ...sizes].map((count) => Object.assign(make("option", count === "" ? "all" : count.toLocaleString("en")), { value: count })));
    images.value = sizes.some((count) => `${count}` === chosen) ? chosen : "";
    images.disabled = !sizes.length;
  };

  const show = () => {
    const own = asked[dataset.value];
    const link = Object.assign(make("a", dataset.value), { href: own.page });
    const of = Object.assign(make("p", ""), { className: "of" });
    of.append(link, `, protocol ${own.protocol}`);
    const few = own.few.find(([count]) => `${count}` === images.value);
    const limited = own.answers[own.limits[`${memory.value} ${licence.value}`]];
    const lines = few && (memory.value || licence.value !== "any") ? [few[1], "Of all labelled images, within these limits:", ...limited] : few ? [few[1]] : limited;
    answer.replaceChildren(of, ...lines.map((line) => make("p", line)));
  };

  const remember = () => {
    const chosen = selects.filter(({ value }) => value && value !== "any");
    const state = new URLSearchParams(chosen.map(({ name, value }) => [name, value]));
    history.replaceState(null, "", `?${state}${location.hash}`);
  };

  picker.addEventListener("change", () => {
    offerImages();
    show();
    remember();
  });

  const state = new URLSearchParams(location.search);
  for (const select of [dataset, memory, licence]) {
    const wanted = state.get(select.name);
    if ([...select.options].some((option) => option.value === wanted)) select.value = wanted;
  }
  offerImages();
  if ([...images.options].some((option) => option.value === state.get("images"))) images.value = state.get("images");
  for (const links of document.querySelectorAll("[data-without-script]")) links.hidden = true;
  if (location.search) show();
})();
