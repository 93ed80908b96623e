// The network canvas: boxes and edges, live while it trains; chosen and moved by mouse and by keyboard.

import { createBox } from "./box.js";
import { installDrag } from "./drag.js";
import { fit, give, make, write } from "./element.js";
import { arrange } from "./layout.js";
import { drawChosen, drawEdge, drawLines, lineAt, linesOf, turnAt } from "./links.js";
import { networkKeys } from "./keys.js";
import { shown } from "./state.js";
import { tileAt } from "./tiles.js";

/** @returns {HTMLElement} the canvas of boxes, kept true to the draft and to the snapshot */
export function createNetwork(studio) {
  const { state, on } = studio;
  const sheet = make("canvas", { class: "ls-links", "aria-hidden": "true" });
  const list = make("div", {
    class: "ls-boxes",
    role: "listbox",
    "aria-label": "Network, from input to output",
    "aria-orientation": "horizontal",
  });
  const labels = make("div", { class: "ls-shapes", "aria-hidden": "true" });
  const field = make("div", { class: "ls-field" }, sheet, labels, list);
  const view = {
    boxes: new Map(),
    places: new Map(),
    lines: [],
    width: 0,
    height: 0,
    field,
    sheet,
    list,
    labels,
  };

  const lay = () => {
    if (!state.drawing || !field.clientWidth) return;
    sync(studio, view);
    paintAll(studio, view);
  };
  const observer = new ResizeObserver(() => studio.tell("size"));
  observer.observe(field);
  on("draft size", lay);
  on("snapshot theme hover selection filters", () => paintAll(studio, view));
  on("selection draft", () => mark(studio, view));
  installPointer(studio, view);
  installDrag(studio, view);
  networkKeys(studio, view);
  studio.ending.push(() => observer.disconnect());
  return field;
}

/** Makes, places and removes boxes so that they are those of the drawing. */
function sync(studio, view) {
  const { boxes, edges, picture } = studio.state.drawing;
  const drawn = boxes.map((box) => ({ ...box, curve: studio.curve(box.kind) }));
  const { places, height } = arrange(drawn, picture, view.field.clientWidth, view.field.clientHeight);
  Object.assign(view, { places, height, width: view.field.clientWidth });
  for (const [id, box] of view.boxes) {
    if (places.has(id)) continue;
    box.element.remove();
    view.boxes.delete(id);
  }
  const focused = document.activeElement;
  drawn.forEach((box, index) => {
    if (!view.boxes.has(box.id)) view.boxes.set(box.id, createBox(studio, box.id));
    const part = view.boxes.get(box.id);
    if (view.list.children[index] !== part.element)
      view.list.insertBefore(part.element, view.list.children[index] ?? null);
    part.write(box);
    part.place(named(studio, box, places.get(box.id), index === 0 || index === drawn.length - 1));
  });
  if (focused !== document.activeElement && view.list.contains(focused)) focused.focus();
  view.list.style.height = `${height}px`;
  writeShapes(view, edges);
}

/** The place, with the names of features or classes when they fit beside a single column of tiles. */
function named(studio, box, place, outer) {
  const { grid, form, count, width } = place;
  const single = outer && grid.columns === 1 && form !== "image" && count > 1;
  return single && grid.size >= 12 && width - grid.size > 56
    ? { ...place, names: Array.from({ length: place.count }, (_, unit) => studio.nameOf(box.id, unit)) }
    : place;
}

function writeShapes(view, edges) {
  while (view.labels.children.length > edges.length) view.labels.lastChild.remove();
  edges.forEach((edge, index) => {
    const label = view.labels.children[index] ?? view.labels.appendChild(make("span"));
    const [from, to] = [view.places.get(edge.from), view.places.get(edge.to)];
    if (!from || !to) return;
    const sameRow = from.row === to.row;
    const x = sameRow ? (from.x + from.width + to.x) / 2 : view.width / 2;
    const y = sameRow
      ? Math.max(from.y, to.y) + 14
      : turnAt(spans(view.places)(edge.from), spans(view.places)(edge.to)) - 6;
    write(label, sameRow ? (edge.shape ?? "").replaceAll("×", "\n×") : (edge.shape ?? ""));
    label.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px) translateX(-50%)`;
  });
}

function paintAll(studio, view) {
  const { state, colours } = studio;
  if (!colours || !view.places.size || !state.drawing) return;
  for (const [id, box] of view.boxes) {
    box.paint(state.snapshot, colours, {
      hovered: state.hovered?.node === id ? state.hovered.unit : -1,
      chosen: chosenUnit(studio, id),
      filters: studio.filters,
    });
  }
  paintEdges(studio, view);
  shown("tiles", state.snapshot);
}

function paintEdges(studio, view) {
  const { state, colours } = studio;
  const context = fit(view.sheet, view.width, view.height);
  view.lines = [];
  const rows = spans(view.places);
  for (const edge of state.drawing.edges) {
    const [from, to] = [rows(edge.from), rows(edge.to)];
    if (!from || !to) continue;
    const { link } = state;
    const weights = state.snapshot?.arrays.get(`weights/${edge.to}`);
    const lines = linesOf(edge.to, from, to, weights, link);
    if (!lines.length) drawEdge(context, from, to, colours);
    else drawLines(context, lines, colours, chosenLine(state, edge));
    const isLink = ({ node, out, from: source }) =>
      node === link?.node && out === link.out && source === link.from;
    const meant = lines.find(isLink);
    if (meant) drawChosen(context, meant, colours);
    view.lines.push(...lines);
  }
}

/** Places with the top and bottom of their row, for edges that turn between rows. */
function spans(places) {
  const rows = [];
  for (const place of places.values()) {
    const row = (rows[place.row] ??= { top: Infinity, bottom: 0 });
    row.top = Math.min(row.top, place.y);
    row.bottom = Math.max(row.bottom, place.y + place.height);
  }
  return (id) => places.has(id) && { ...places.get(id), ...rows[places.get(id).row] };
}

/** The unit of a box that is marked: the chosen neuron, or an end of the chosen link; -1 for none. */
function chosenUnit({ state, boxOf }, id) {
  const { neuron, link } = state;
  if (neuron?.node === id) return neuron.unit;
  if (link?.node === id) return link.out;
  return link && boxOf(link.node)?.inputs?.[0] === id ? link.from : -1;
}

/** Which lines stand out: those of the neuron under the pointer, or the chosen link. */
function chosenLine({ hovered, neuron, link }, edge) {
  const unit = hovered ?? neuron;
  if (unit?.node === edge.to) return (line) => line.out === unit.unit;
  if (unit?.node === edge.from) return (line) => line.from === unit.unit;
  if (link?.node === edge.to) return (line) => line.out === link.out && line.from === link.from;
  return null;
}

function mark(studio, view) {
  const { selected, drawing } = studio.state;
  const focus = selected ?? drawing?.boxes[0]?.id;
  for (const [id, { element }] of view.boxes) {
    give(element, "aria-selected", String(id === selected));
    give(element, "tabindex", id === focus ? "0" : "-1");
  }
}

/** Hover and click: neurons inside boxes, boxes, and links between them. */
function installPointer(studio, view) {
  const { field } = view;
  const found = (event) => {
    const element = event.target.closest?.(".ls-box");
    if (!element) return { line: lineAt(view.lines, ...inside(event, view.sheet)) };
    const id = element.dataset.id;
    const unit = event.target.classList.contains("ls-box-tiles")
      ? tileAt(view.places.get(id).grid, ...inside(event, event.target))
      : -1;
    return { id, unit };
  };
  field.addEventListener("pointermove", (event) => {
    if (event.buttons) return;
    const { id, unit, line } = found(event);
    field.classList.toggle("ls-on-link", Boolean(line));
    studio.hover(id && unit >= 0 ? { node: id, unit } : null);
  });
  field.addEventListener("pointerleave", () => studio.hover(null));
  field.addEventListener("click", (event) => {
    const { id, unit, line } = found(event);
    if (line) studio.pickLink(line);
    else if (id && unit >= 0) studio.pickNeuron({ node: id, unit });
    else studio.select(id ?? null);
  });
}

function inside(event, element) {
  const { left, top } = element.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top];
}
