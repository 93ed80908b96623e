// The shelf above the network: layers to add, undo and redo, and what the boxes show.

import { fit, give, make, write } from "./element.js";
import { icon } from "./icons.js";
import { createPopover, iconButton } from "./popover.js";
import { paintCurve } from "./tiles.js";
import { whole } from "./numbers.js";

const UNDO = "Undo the last change to data, network, settings or a weight; a run that trains follows. Ctrl+Z";
let palettes = 0; // opened so far, so that every entry has an id of its own

/** @returns {HTMLElement} */
export function createShelf(studio) {
  const groups = make("div", { class: "ls-groups", role: "group", "aria-label": "Add a layer of a kind" });
  studio.on("catalogue", () => groups.childElementCount || fillGroups(studio, groups));
  return make(
    "div",
    { class: "ls-shelf" },
    createAdd(studio),
    groups,
    make("span", { class: "ls-space" }),
    createFilters(studio),
    createTotal(studio),
    ...createUndo(studio),
  );
}

function createAdd(studio) {
  const tip = "Add a layer after the chosen box, or before the output. Key: /";
  const add = make("button", { type: "button", class: "ls-button", "data-tip": tip }, icon("add"), "Layer");
  const draw = (panel, close) => fill(studio, panel, close);
  studio.openShelf = createPopover(studio, add, "Add a layer", draw, { wide: true }).open;
  return add;
}

/** Shows filters instead of feature maps, where a network has any. */
function createFilters(studio) {
  const { state, on } = studio;
  const tip = "Show the learned filters instead of the feature maps.";
  const show = make("button", { type: "button", class: "ls-chip", "data-tip": tip }, "Filters");
  show.addEventListener("click", () => {
    studio.filters = !studio.filters;
    studio.tell("filters");
  });
  on("snapshot filters draft", () => {
    const names = [...(state.snapshot?.arrays.keys() ?? [])];
    show.hidden = !names.some((name) => name.startsWith("filters/"));
    give(show, "aria-pressed", String(Boolean(studio.filters)));
  });
  return show;
}

function createTotal({ state, on }) {
  const total = make("span", {
    class: "ls-total",
    "data-tip": "All numbers this network learns, over all layers.",
  });
  on("draft", () => write(total, state.drawing ? `${whole(state.drawing.parameters)} parameters` : ""));
  return total;
}

function createUndo(studio) {
  const undo = iconButton("undo", "Undo", UNDO, () => studio.draft.undo());
  const redo = iconButton("redo", "Redo", "Redo. Ctrl+Shift+Z", () => studio.draft.redo());
  studio.on("draft undo", () => {
    const can = studio.draft?.can() ?? {};
    give(undo, "disabled", !can.undo);
    give(redo, "disabled", !can.redo);
  });
  return [undo, redo];
}

/** One button per group of layers; it opens the list with that group only. */
function fillGroups(studio, groups) {
  const names = [...new Set((studio.state.catalogue?.layers ?? []).map((layer) => layer.group))];
  for (const name of names.filter((group) => group !== "output")) {
    const button = make(
      "button",
      {
        type: "button",
        class: "ls-group-chip",
        style: `--group: var(--ls-group-${name}, var(--ls-quiet))`,
        "data-tip": `Add a layer: ${name}.`,
      },
      icon(name),
      make("span", {}, name),
    );
    createPopover(studio, button, `Add a layer: ${name}`, (panel, close) =>
      fill(studio, panel, close, name),
    );
    groups.append(button);
  }
}

/** The list of layers with a search field. */
function fill(studio, panel, close, group = null) {
  const id = `ls-palette-${++palettes}`;
  const list = make("div", { class: "ls-menu", role: "listbox", "aria-label": "Layers", id });
  const search = make("input", {
    type: "search",
    class: "ls-search",
    placeholder: "Search layers",
    "aria-label": "Search layers",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": id,
    "aria-autocomplete": "list",
  });
  const owner = group ? list : search; // has the focus, and says which entry the highlight is on
  if (group) give(list, "tabindex", "0");
  give(owner, "data-first", true);
  const highlight = (chosen) => {
    for (const item of list.children) give(item, "aria-selected", String(item === chosen));
    give(owner, "aria-activedescendant", chosen?.id);
  };
  const refill = () => {
    list.replaceChildren(...choices(studio, close, search.value.trim().toLowerCase(), group));
    [...list.children].forEach((item, index) => give(item, "id", `${id}-${index}`));
    highlight(list.firstElementChild);
  };
  search.addEventListener("input", refill);
  list.addEventListener("pointermove", ({ target, movementX, movementY }) => {
    const item = target.closest(".ls-menu-item"); // between two entries there is none: it stays where it was
    if (item && (movementX || movementY)) highlight(item);
  });
  panel.onkeydown = (event) => walk(event, list, highlight); // one at a time: the panel is filled at every opening
  refill();
  panel.append(...(group ? [] : [search]), list);
}

function choices(studio, close, text, group) {
  return (studio.state.catalogue?.layers ?? [])
    .filter((layer) => (!group || layer.group === group) && layer.group !== "output")
    .filter((layer) => `${layer.title} ${layer.kind} ${layer.group}`.toLowerCase().includes(text))
    .map((layer) =>
      choiceOf(studio, layer, () => {
        close(false);
        studio.insert(layer.kind);
      }),
    );
}

function choiceOf(studio, layer, onclick) {
  const parts = [
    icon(layer.group),
    make("span", { class: "ls-menu-title" }, layer.title),
    make("span", { class: "ls-menu-help" }, layer.help),
  ];
  if (layer.curve && studio.colours) {
    const canvas = make("canvas", { class: "ls-menu-curve", "aria-hidden": "true" });
    paintCurve(fit(canvas, 44, 24), layer.curve, 44, 24, studio.colours);
    parts.push(canvas);
  }
  return make(
    "div",
    {
      class: "ls-menu-item",
      role: "option",
      tabindex: "-1",
      "aria-selected": "false",
      onclick,
      style: `--group: var(--ls-group-${layer.group}, var(--ls-quiet))`,
    },
    parts,
  );
}

/** Arrows move the highlight along the list, Enter takes what it is on. */
function walk(event, list, highlight) {
  const items = [...list.children];
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (way) {
    const next = items[Math.min(Math.max(at + way, 0), items.length - 1)];
    if (next) highlight(next);
    next?.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter") items[at]?.click();
  else return;
  event.preventDefault();
}
