// The palette: every kind of layer, in groups, found by typing, added by Enter or dragged to its place.

import { dropAt } from "./drop.js";
import { fit, give, make } from "./element.js";
import { showDrop } from "./gestures.js";
import { icon } from "./icons.js";
import { paintCurve } from "./tiles.js";
import { track } from "./track.js";

let palettes = 0; // opened so far, so that every entry has an id of its own

/** The list of layers with a search field and chips of their groups; of one group without. */
export function fillPalette(studio, panel, close, group = null) {
  const id = `ls-palette-${++palettes}`;
  const list = make("div", { class: "ls-menu", role: "listbox", "aria-label": "Layers", id });
  const search = searchField(id);
  const owner = group ? list : search; // has the focus, and says which entry the highlight is on
  if (group) give(list, "tabindex", "0");
  give(owner, "data-first", true);
  const items = () => [...list.querySelectorAll(".ls-menu-item")];
  const highlight = (chosen) => {
    for (const item of items()) give(item, "aria-selected", String(item === chosen));
    give(owner, "aria-activedescendant", chosen?.id);
  };
  const choose = (layer) => {
    close(false);
    studio.insert(layer.kind);
  };
  let only = group;
  const refill = () => {
    const found = ranked(studio.state.catalogue?.layers ?? [], search.value.trim().toLowerCase(), only);
    list.replaceChildren(...entries(studio, found, choose, close, !search.value.trim()));
    if (!found.length) list.append(nothing(search.value.trim()));
    items().forEach((item, index) => give(item, "id", `${id}-${index}`));
    list.scrollTop = 0;
    highlight(items()[0]);
  };
  const chips = groupChips(studio, (name) => {
    only = name;
    refill();
    search.focus();
  });
  search.addEventListener("input", refill);
  list.addEventListener("pointermove", ({ target, movementX, movementY }) => {
    const item = target.closest(".ls-menu-item"); // between two entries there is none: it stays where it was
    if (item && (movementX || movementY)) highlight(item);
  });
  panel.onkeydown = (event) => walk(event, items(), highlight); // one at a time: filled at every opening
  refill();
  panel.append(...(group ? [] : [search, chips]), list);
}

function searchField(id) {
  return make("input", {
    type: "search",
    class: "ls-search",
    placeholder: "Search layers",
    "aria-label": "Search layers",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": id,
    "aria-autocomplete": "list",
  });
}

function nothing(text) {
  return make("p", { class: "ls-help" }, `No layer is called “${text}”. Try a shorter word, or another group.`);
}

/** The names of all groups that hold layers to add, in the menu's order. */
export function groupsOf(studio) {
  const names = (studio.state.catalogue?.layers ?? []).map((layer) => layer.group);
  return [...new Set(names)].filter((name) => name !== "output");
}

function groupChips(studio, choose) {
  const row = make("div", { class: "ls-chips", role: "group", "aria-label": "Show one group" });
  const chips = [null, ...groupsOf(studio)].map((name) => {
    const chip = make(
      "button",
      {
        type: "button",
        class: "ls-chip ls-chip-group",
        "aria-pressed": String(name === null),
        style: name ? `--group: var(--ls-group-${name}, var(--ls-quiet))` : null,
      },
      name ? icon(name) : null,
      name ?? "all",
    );
    chip.addEventListener("click", () => {
      for (const other of row.children) give(other, "aria-pressed", String(other === chip));
      choose(name);
    });
    return chip;
  });
  row.append(...chips);
  return row;
}

/** The layers a text finds, best first: by title, by a word of it, by kind, by group, by what is said of it. */
function ranked(layers, text, group) {
  const score = ({ title, kind, group: family, help }) => {
    const name = title.toLowerCase();
    if (name.startsWith(text)) return 0;
    if (name.split(/[\s-]/).some((word) => word.startsWith(text))) return 1;
    if (name.includes(text) || kind.includes(text.replaceAll(" ", "_"))) return 2;
    if (family.startsWith(text)) return 3;
    return text.length > 2 && help.toLowerCase().includes(text) ? 4 : 9;
  };
  return layers
    .filter((layer) => layer.group !== "output" && (!group || layer.group === group))
    .map((layer, place) => ({ layer, place, rank: text ? score(layer) : 0 }))
    .filter(({ rank }) => rank < 9)
    .sort((a, b) => a.rank - b.rank || a.place - b.place)
    .map(({ layer }) => layer);
}

/** The entries, under the names of their groups unless they are ranked. */
function entries(studio, layers, choose, close, grouped) {
  const out = [];
  let last = null;
  for (const layer of layers) {
    if (grouped && layer.group !== last)
      out.push(make("div", { class: "ls-menu-head", role: "presentation" }, layer.group));
    last = layer.group;
    out.push(entryOf(studio, layer, () => choose(layer), close));
  }
  return out;
}

function entryOf(studio, layer, onclick, close) {
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
      "data-kind": layer.kind,
      onclick,
      onpointerdown: (event) => event.button || dragIn(studio, layer, event, close),
      style: `--group: var(--ls-group-${layer.group}, var(--ls-quiet))`,
    },
    parts,
  );
}

/** Takes a layer out of the palette to where it is let go on the canvas. */
function dragIn(studio, layer, start, close) {
  const { view } = studio;
  if (start.pointerType === "touch") return; // a finger scrolls the list; it adds by a tap
  const ghost = make(
    "div",
    { class: "ls-ghost", style: `--group: var(--ls-group-${layer.group}, var(--ls-quiet))` },
    icon(layer.group),
    layer.title,
  );
  let drop = null;
  track(start, {
    begin: () => {
      close(false);
      studio.root.append(ghost);
    },
    move: (event) => {
      ghost.style.transform = `translate(${event.clientX + 10}px, ${event.clientY + 8}px)`;
      drop = dropAt(studio, view, event);
      ghost.classList.toggle("ls-nowhere", !drop);
      showDrop(studio, view, drop);
    },
    end: (_, kept) => {
      ghost.remove();
      showDrop(studio, view, null);
      if (kept && drop) studio.insert(layer.kind, drop.before ? { after: drop.after, before: drop.before } : { after: drop.after });
    },
  });
}

/** Arrows move the highlight along the list, Enter takes what it is on. */
function walk(event, items, highlight) {
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.target.matches("button")) return;
  if (way) {
    const next = items[Math.min(Math.max(at + way, 0), items.length - 1)];
    if (next) highlight(next);
    next?.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter") items[at]?.click();
  else return;
  event.preventDefault();
}
