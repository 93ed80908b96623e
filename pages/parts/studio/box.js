// One box of the network: what the layer is, and live inside it what its neurons do.

import { fit, give, make, write } from "./element.js";
import { icon } from "./icons.js";
import { paintSheet } from "./sheet.js";
import {
  markDead,
  paintCells,
  paintCurve,
  paintEmpty,
  paintFilters,
  paintMaps,
  ring,
  spot,
} from "./tiles.js";
import { brief, bytes, whole } from "./numbers.js";

/**
 * A box's element with the ways to update it. What is inside is made when it is first seen near enough to read.
 * @returns {{element: HTMLElement, write: Function, place: Function, show: Function, paint: Function}}
 */
export function createBox(studio, id) {
  const parts = {
    icon: make("span", { class: "ls-box-icon" }),
    title: make("span", { class: "ls-box-title" }),
    mark: make("span", { class: "ls-box-mark" }),
    inside: null,
  };
  const head = make("span", { class: "ls-box-head" }, parts.icon, parts.title, parts.mark);
  parts.words = make("span", { class: "ls-box-words" }, head);
  const element = make("div", { class: "ls-box", role: "option", tabindex: "-1", "data-id": id }, parts.words);
  let [box, place] = [null, null];
  const tell = () => {
    if (box) describe(element, parts, box);
    if (box && place) put(element, parts, box, place);
  };
  return {
    element,
    shown: false,
    /** Writes what does not move while it trains. */
    write(next) {
      box = next;
      describe(element, parts, box);
    },
    place(next) {
      place = next;
      put(element, parts, box, place);
    },
    /** Whether what is inside is to be seen; true when that is new, and it is to be painted. */
    show(shown) {
      if (this.shown === shown) return false;
      this.shown = shown;
      element.classList.toggle("ls-out", !shown);
      if (shown && !parts.inside) {
        parts.inside = fill(element, parts, id);
        tell();
      }
      return shown;
    },
    paint(snapshot, colours, view) {
      if (box && place && this.shown) draw(parts, seen(box), place, snapshot, colours, view);
    },
  };
}

/** The box whose pictures are shown: of a folded block the last one in it. */
function seen(box) {
  return box.nodes ? { ...box, id: box.nodes.at(-1) } : box;
}

/** Makes what is inside a box. */
function fill(element, parts, id) {
  Object.assign(parts, {
    id: make("span", { class: "ls-box-id" }, id),
    summary: make("span", { class: "ls-box-summary" }),
    parameters: make("span", { class: "ls-box-parameters" }),
    flops: make("span", { class: "ls-box-parameters" }),
    memory: make("span", { class: "ls-box-memory" }),
    curve: make("canvas", { class: "ls-box-curve", "aria-hidden": "true" }),
    canvas: make("canvas", { class: "ls-box-tiles", "aria-hidden": "true" }),
    more: make("span", { class: "ls-box-more" }),
    problem: make("span", { class: "ls-box-problem" }),
  });
  parts.words.append(parts.id, parts.summary, parts.parameters, parts.flops);
  element.append(parts.curve, parts.canvas, parts.more, parts.problem, parts.memory);
  return true;
}

function describe(element, parts, box) {
  if (parts.icon.dataset.group !== box.group) {
    parts.icon.dataset.group = box.group;
    parts.icon.replaceChildren(icon(box.group));
    element.style.setProperty("--group", `var(--ls-group-${box.group}, var(--ls-quiet))`);
  }
  const title = box.times > 1 ? `${box.title} ×${box.times}` : box.title;
  write(parts.title, title);
  give(element, "data-kind", box.kind);
  give(element, "data-frozen", Boolean(box.frozen));
  give(element, "aria-label", spoken(box, title));
  element.classList.toggle("ls-ill", Boolean(box.problem));
  const mark = box.problem ? "warn" : box.frozen ? "lock" : "";
  if (parts.mark.dataset.mark !== mark) {
    parts.mark.dataset.mark = mark;
    parts.mark.replaceChildren(...(mark ? [icon(mark)] : []));
  }
  give(parts.words, "data-tip", tipOf(box, title));
  if (!parts.inside) return;
  write(parts.summary, box.summary || "");
  write(parts.parameters, costs(box));
  write(parts.flops, box.flops > 0 ? `${brief(box.flops)} FLOPs` : "");
  showMemory(parts.memory, box);
  write(parts.problem, box.problem ? `${box.problem.what} ${box.problem.fix}` : "");
}

/** The line under a box's settings: what it learns, or nothing. */
function costs({ parameters }) {
  return parameters ? `${whole(parameters)} param.` : "";
}

/** The share of the memory for training, as a bar along the lower edge. */
function showMemory(bar, { memory, memory_share: share }) {
  give(bar, "hidden", !(share > 0.005));
  bar.style.setProperty("--share", share ?? 0);
  give(bar, "data-tip", `${Math.round(100 * share)} % of the memory for training: ${bytes(memory)}.`);
}

/** A box in words, for screen readers. */
function spoken(box, title) {
  const { frozen, problem, shape_named: gives, parameters, summary } = box;
  return [
    box.id.startsWith("#") ? `Block ${title}` : `${title} ${box.id}`,
    summary,
    gives && `gives ${gives}`,
    parameters ? `${whole(parameters)} parameters` : "",
    frozen && "frozen",
    problem && `Problem: ${problem.what} ${problem.fix}`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** What a box is, gives and costs, in plain words. */
function tipOf(box, title) {
  const { flops, memory, memory_share: share, parameters, frozen } = box;
  return [
    `${title}${box.shape_named ? ` gives ${box.shape_named}` : ""}.`,
    `${whole(parameters ?? 0)} parameters${frozen ? ", frozen: they stay as they are" : ""}.`,
    flops > 0 && `${brief(flops)} FLOPs: multiplications and additions for one sample.`,
    memory > 0 &&
      `${bytes(memory)} of memory while training${share > 0.005 ? `, ${Math.round(100 * share)} % of all` : ""}.`,
  ]
    .filter(Boolean)
    .join(" ");
}

function put(element, parts, box, place) {
  Object.assign(element.style, {
    left: `${place.x}px`,
    top: `${place.y}px`,
    width: `${place.width}px`,
    height: `${place.height}px`,
  });
  element.dataset.lines = place.lines;
  element.dataset.titles = place.titles;
  if (!parts.inside) return;
  const { rows, size, shown } = place.grid;
  parts.canvas.hidden = !place.count;
  parts.curve.hidden = !box.curve;
  parts.canvas.style.top = `${place.head}px`;
  if (place.count) fit(parts.canvas, across(place), rows * (size + 2));
  write(parts.more, place.count > shown ? `+ ${place.count - shown} more` : "");
}

/** Paints the live part. view: the hovered and the chosen unit (-1 for none), and whether to show filters. */
function draw(parts, box, place, snapshot, colours, { hovered, chosen, filters }) {
  if (box.curve) drawCurve(parts.curve, box, place, colours);
  if (!place.count) return;
  const context = fit(parts.canvas, across(place), place.grid.rows * (place.grid.size + 2));
  const told = paintUnits(context, box, place, snapshot, colours, filters);
  if (!told) paintEmpty(context, place.grid, place.count, colours);
  if (place.names) label(context, place, colours);
  const dead = snapshot?.arrays.get(`dead/${box.id}`);
  if (dead && told) markDead(context, place.grid, dead.data, colours);
  for (const unit of new Set([hovered, chosen])) {
    if (unit >= 0 && unit < place.grid.shown) ring(context, place.grid, unit, colours.tokens.accent);
  }
}

/** An activation's curve, which only changes with the layer, its room and the theme. */
function drawCurve(canvas, { kind, curve }, place, colours) {
  const width = Math.min(place.width - 22, 74);
  const key = `${kind} ${width} ${colours.tokens.accent}`;
  if (canvas.dataset.key === key) return;
  canvas.dataset.key = key;
  paintCurve(fit(canvas, width, 32), curve, width, 32, colours);
}

/** The width of a box's tiles; names beside them take the rest of the box. */
function across(place) {
  return place.names ? place.width - 20 : place.grid.columns * (place.grid.size + 2);
}

/** Writes the features or classes beside their tiles. */
function label(context, { names, grid, width }, colours) {
  context.fillStyle = colours.tokens.quiet;
  context.font = `11px ${colours.tokens.fonts?.text ?? "sans-serif"}`;
  context.textBaseline = "middle";
  names.slice(0, grid.shown).forEach((name, index) => {
    const [x, y] = spot(grid, index);
    const room = width - 20 - grid.size - 8;
    context.fillText(cut(context, name, room), x + grid.size + 5, y + grid.size / 2);
  });
}

function cut(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let kept = text;
  while (kept.length > 1 && context.measureText(`${kept}…`).width > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}

function paintUnits(context, box, place, snapshot, colours, filters) {
  if (place.form === "sheet") return paintSheet(context, place.grid, box.id, snapshot, colours, filters);
  const kernels = filters && snapshot?.arrays.get(`filters/${box.id}`);
  if (kernels) return (paintFilters(context, place.grid, kernels, colours), true);
  const maps = snapshot?.arrays.get(`maps/${box.id}`);
  if (maps && place.form !== "cells") {
    const plane = place.form === "plane";
    return (paintMaps(context, place.grid, maps, colours, { flip: plane, sharp: !plane }), true);
  }
  const values = snapshot?.arrays.get(`values/${box.id}`);
  if (values) return (paintCells(context, place.grid, values.data, colours), true);
  return false;
}
