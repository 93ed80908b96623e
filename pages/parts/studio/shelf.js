// The shelf above the network: layers to add, undo and redo, and what the boxes show.

import { give, make } from "./element.js";
import { icon } from "./icons.js";
import { fillPalette } from "./palette.js";
import { createPopover, iconButton } from "./popover.js";

const UNDO = "Undo the last change to data, network, settings or a weight; a run that trains follows. Ctrl+Z";

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
    ...createUndo(studio),
  );
}

function createAdd(studio) {
  const tip = "Add a layer: press one, or drag it to its place. Key: /";
  const add = make("button", { type: "button", class: "ls-button", "data-tip": tip }, icon("add"), "Layer");
  const draw = (panel, close) => fillPalette(studio, panel, close);
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
      fillPalette(studio, panel, close, name),
    );
    groups.append(button);
  }
}
