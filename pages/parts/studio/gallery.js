// The gallery: every template as a card, from the first lesson to the last, found by typing or by walking.

import { give, make } from "./element.js";
import { icon } from "./icons.js";
import { createMiniature } from "./miniature.js";
import { whole } from "./numbers.js";
import { createPopover } from "./popover.js";

const ID = "ls-gallery-list";

/** @returns {HTMLElement} the button that opens the gallery */
export function createGallery(studio) {
  const button = make(
    "button",
    {
      type: "button",
      class: "ls-button ls-templates",
      "data-tip": "Ready experiments: data, network and settings in one.",
    },
    icon("templates"),
    make("span", { class: "ls-wordy" }, "Templates"),
  );
  const { panel } = createPopover(studio, button, "Templates", (inside, close) =>
    fillGallery(studio, inside, (name) => {
      close(true);
      studio.template(name);
    }),
  );
  panel.classList.add("ls-gallery");
  return button;
}

function fillGallery(studio, panel, choose) {
  const cards = (studio.state.catalogue?.templates ?? []).map((template, place) => ({
    template,
    place,
    element: cardOf(template, place, () => choose(template.name)),
  }));
  const list = make("div", { class: "ls-gallery-list", role: "listbox", "aria-label": "Templates", id: ID });
  const search = searchField();
  const said = make("span", { class: "ls-gallery-count", role: "status" });
  const highlight = (chosen) => {
    for (const { element } of cards) give(element, "aria-selected", String(element === chosen));
    give(search, "aria-activedescendant", chosen?.id);
  };
  const refill = () => {
    const text = search.value.trim().toLowerCase();
    const found = ranked(cards, text);
    list.replaceChildren(...(text ? [grid(found)] : sections(found)));
    if (!found.length) list.replaceChildren(nothing(search.value.trim()));
    said.textContent = text ? `${found.length} of ${cards.length}` : `${cards.length} templates`;
    list.scrollTop = 0;
    highlight(found[0]?.element);
  };
  search.addEventListener("input", refill);
  list.addEventListener("pointermove", ({ target, movementX, movementY }) => {
    const card = target.closest(".ls-template"); // scrolling under a still pointer chooses nothing
    if (card && (movementX || movementY)) highlight(card);
  });
  panel.onkeydown = createWalk(list, search, highlight); // one at a time: filled at every opening
  refill();
  panel.append(make("div", { class: "ls-gallery-head" }, search, said), list);
}

function searchField() {
  return make("input", {
    type: "search",
    class: "ls-search",
    placeholder: "Search templates, data or layers",
    "aria-label": "Search templates",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": ID,
    "aria-autocomplete": "list",
    "data-first": true,
  });
}

function nothing(text) {
  return make("p", { class: "ls-help" }, `No template speaks of “${text}”. Try a shorter word.`);
}

function cardOf(template, place, onclick) {
  const { title, what, try_this, parameters, data, picture } = template;
  const weights = parameters === 1 ? "1 parameter" : `${whole(parameters)} parameters`;
  return make(
    "div",
    {
      class: "ls-template",
      role: "option",
      tabindex: "-1",
      id: `${ID}-${place}`,
      "aria-selected": "false",
      "data-name": template.name,
      onclick,
    },
    createMiniature(picture),
    make("span", { class: "ls-menu-title" }, title),
    make("span", { class: "ls-template-what" }, what),
    try_this ? make("span", { class: "ls-template-try" }, make("b", {}, "Try"), ` ${try_this}`) : null,
    make(
      "span",
      { class: "ls-template-facts" },
      make("span", { class: "ls-template-data" }, data),
      make("span", {}, weights),
    ),
  );
}

/** The cards under the names of their data's groups; a group stands where its first lesson does. */
function sections(cards) {
  const groups = new Map();
  for (const card of cards) {
    const { group } = card.template;
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(card);
  }
  return [...groups].map(([group, members]) =>
    make(
      "div",
      { class: "ls-gallery-group", role: "group", "aria-label": group },
      make("div", { class: "ls-gallery-name", role: "presentation" }, group),
      grid(members),
    ),
  );
}

function grid(cards) {
  const inside = cards.map(({ element }) => element);
  return make("div", { class: "ls-gallery-grid", role: "presentation" }, inside);
}

/** The cards in which every word of a text is found, best first: in the title, data, family, then elsewhere. */
function ranked(cards, text) {
  const words = text.split(/\s+/).filter(Boolean);
  const whole = ({ title }) => words.length > 1 && title.toLowerCase().includes(words.join(" "));
  const rank = ({ template }) =>
    whole(template) ? -1 : Math.max(0, ...words.map((word) => rankOf(template, word)));
  return cards
    .map((card) => ({ card, rank: rank(card) }))
    .filter(({ rank }) => rank < 9)
    .sort((a, b) => a.rank - b.rank || a.card.place - b.card.place)
    .map(({ card }) => card);
}

function rankOf({ title, data, group, picture, what, try_this }, word) {
  const name = title.toLowerCase();
  if (name.startsWith(word)) return 0;
  if (name.split(/[\s-]/).some((part) => part.startsWith(word))) return 1;
  if (name.includes(word) || data.toLowerCase().includes(word)) return 2;
  if (group.includes(word) || picture.boxes.some(([, , family]) => family.startsWith(word))) return 3;
  return word.length > 2 && `${what} ${try_this}`.toLowerCase().includes(word) ? 4 : 9;
}

/** Arrows move the highlight over the cards, Enter takes the one it is on. Left and right stay with the
 * text of the search until up or down has left it. */
function createWalk(list, search, highlight) {
  let walking = false;
  search.addEventListener("input", () => (walking = false));
  return (event) => {
    const cards = [...list.querySelectorAll(".ls-template")];
    const at = cards.findIndex((card) => card.getAttribute("aria-selected") === "true");
    const aside = walking || !search.value;
    if (event.key === "Enter") cards[at]?.click();
    else if (/^Arrow(Up|Down)$/.test(event.key) || (aside && /^Arrow(Left|Right)$/.test(event.key))) {
      walking = true;
      const next = neighbour(cards, at, event.key.slice(5));
      if (next) highlight(next);
      next?.scrollIntoView({ block: "nearest" });
    } else return;
    event.preventDefault();
  };
}

/** The card beside another; above or below it is the nearest of the next row, whatever its group. */
function neighbour(cards, at, way) {
  const forth = way === "Right" || way === "Down";
  if (way === "Left" || way === "Right") return cards[at + (forth ? 1 : -1)];
  const { top, left } = cards[at]?.getBoundingClientRect() ?? {};
  const beyond = forth ? cards.slice(at + 1) : cards.slice(0, Math.max(at, 0)).reverse();
  const places = beyond.map((card) => ({ card, box: card.getBoundingClientRect() }));
  const row = places.find(({ box }) => Math.abs(box.top - top) > 1)?.box.top;
  const away = ({ box }) => Math.abs(box.left - left);
  return places.filter(({ box }) => box.top === row).sort((a, b) => away(a) - away(b))[0]?.card;
}
