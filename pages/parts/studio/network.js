// The network canvas: boxes and wires in the drawing's columns and rows, live while it trains.

import { arrange } from "./bands.js";
import { createBox } from "./box.js";
import { Camera } from "./camera.js";
import { fit, give, make } from "./element.js";
import { installGestures } from "./gestures.js";
import { networkKeys } from "./keys.js";
import { drawChosen, drawLines, linesOf } from "./links.js";
import { createOverlay } from "./overlay.js";
import { shown } from "./state.js";
import { drawWires, looseWire, sameEdge, wiresOf } from "./wires.js";

/** @returns {HTMLElement} the canvas of boxes, kept true to the draft and to the snapshot */
export function createNetwork(studio) {
  const { state, on } = studio;
  const view = createView();
  view.camera = new Camera(() => studio.tell("camera"));
  view.overlay = createOverlay(studio, view);
  view.world.append(view.overlay.element);
  const lay = () => {
    if (!state.drawing || !view.field.clientWidth) return;
    sync(studio, view);
    view.drawn = true;
    paintAll(studio, view);
  };
  const observer = new ResizeObserver(() => studio.tell("size"));
  observer.observe(view.field);
  on("draft size", lay);
  on("camera", () => look(studio, view));
  on("snapshot theme hover filters", () => paintAll(studio, view));
  on("selection draft", () => mark(studio, view));
  on("stage draft", () => markStage(studio, view));
  on("selection wires", () => view.drawn && paintWires(studio, view));
  studio.focusBox = (id) => {
    view.camera.reveal(view.layout?.places.get(id));
    view.boxes.get(id)?.element.focus({ preventScroll: true });
  };
  studio.fitNetwork = () => {
    view.camera.auto = true;
    studio.tell("size");
  };
  Object.assign(studio, { camera: view.camera, view });
  installGestures(studio, view);
  networkKeys(studio, view);
  studio.ending.push(() => observer.disconnect());
  return view.field;
}

/** The elements of the canvas, and what is known of it between two frames. */
function createView() {
  const sheet = make("canvas", { class: "ls-links", "aria-hidden": "true" });
  const list = make("div", {
    class: "ls-boxes",
    role: "listbox",
    tabindex: "-1",
    "aria-multiselectable": "true",
    "aria-label": "Network, from input to output. Arrows move along the wires.",
    "aria-orientation": "horizontal",
  });
  const world = make("div", { class: "ls-world" }, list);
  const field = make("div", { class: "ls-field" }, sheet, world);
  const empty = { boxes: new Map(), layout: null, wires: [], lines: [], drawn: false };
  return { ...empty, field, sheet, world, list, loose: null, meant: null };
}

/** Makes, places and removes boxes so that they are those of the drawing. */
function sync(studio, view) {
  const { boxes, picture } = studio.state.drawing;
  const drawn = boxes.map((box) => ({ ...box, curve: studio.curve(box.kind) }));
  place(studio, view, drawn, picture);
  for (const [id, box] of view.boxes) {
    if (view.layout.places.has(id)) continue;
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
    part.place(named(studio, box, view.layout.places.get(box.id), index === 0 || index === drawn.length - 1));
  });
  if (focused !== document.activeElement && view.list.contains(focused)) focused.focus({ preventScroll: true });
  see(view);
  view.overlay.write();
}

/** Lays the boxes out. Once a person has moved the canvas, its scale stays and so does what was looked at. */
function place(studio, view, drawn, picture) {
  const { camera, field } = view;
  const size = { width: field.clientWidth, height: field.clientHeight };
  const held = camera.auto ? null : anchor(studio, view);
  const before = held && view.layout.places.get(held);
  view.layout = arrange({ ...studio.state.drawing, boxes: drawn }, picture, size.width, size.height,
    camera.auto ? 0 : view.layout.scale);
  view.wires = wiresOf(studio.state.drawing.edges, view.layout);
  const after = held && view.layout.places.get(held);
  if (before && after) {
    camera.x += (before.x - after.x) * camera.zoom;
    camera.y += (before.y - after.y) * camera.zoom;
  }
  camera.measure(view.layout, size);
}

/** The box that is to stay where it is: the chosen one, else the one nearest to the middle. */
function anchor({ state }, { layout, camera, field }) {
  const known = (id) => layout?.places.has(id) && state.drawing.boxes.some((box) => box.id === id);
  if (state.selected && known(state.selected)) return state.selected;
  const [x, y] = camera.inside(field.clientWidth / 2, field.clientHeight / 2);
  let [best, least] = [null, Infinity];
  for (const [id, place] of layout?.places ?? []) {
    const away = Math.hypot(place.x + place.width / 2 - x, place.y + place.height / 2 - y);
    if (away < least && known(id)) [best, least] = [id, away];
  }
  return best;
}

/** The place, with the names of features or classes when they fit beside a single column of tiles. */
function named(studio, box, place, outer) {
  const { grid, form, count, width } = place;
  const single = outer && grid.columns === 1 && form !== "image" && count > 1;
  return single && grid.size >= 12 && width - grid.size > 56
    ? { ...place, names: Array.from({ length: place.count }, (_, unit) => studio.nameOf(box.id, unit)) }
    : place;
}

const NOWHERE = { x: Infinity, y: Infinity, width: 0, height: 0 };
const MARGIN = 200; // pixels of wires drawn beyond the window, so that panning need not draw them anew

/**
 * Puts the window where the camera looks; boxes out of sight or too small to read show no inside. Those that leave
 * the window during a pan are let go at its end.
 */
function see(view) {
  const { camera, world, field, layout } = view;
  world.style.transform = `translate(${camera.x}px, ${camera.y}px) scale(${camera.zoom})`;
  if (view.zoom !== camera.zoom) {
    view.zoom = camera.zoom;
    world.style.setProperty("--zoom", camera.zoom);
    give(field, "data-far", camera.far);
  }
  give(field, "data-still", camera.auto);
  const fresh = [];
  for (const [id, box] of view.boxes) {
    const place = layout?.places.get(id);
    const seen = !camera.far && (camera.sees(place ?? NOWHERE) || (view.moving && box.shown));
    if (place && box.show(seen)) fresh.push(id);
  }
  return fresh;
}

/** After the camera moved. A pan takes the drawn wires along as long as they reach. */
function look(studio, view) {
  if (!view.layout) return;
  for (const id of see(view)) paintBox(studio, view, id);
  view.overlay.see();
  if (!view.drawn || !view.sheetAt) return;
  const { camera, sheetAt } = view;
  const [dx, dy] = [camera.x - sheetAt.x, camera.y - sheetAt.y];
  if (sheetAt.zoom !== camera.zoom || Math.max(Math.abs(dx), Math.abs(dy)) > MARGIN) paintWires(studio, view);
  else moveSheet(view, dx, dy);
}

function moveSheet(view, dx, dy) {
  view.sheet.style.transform = `translate(${dx - MARGIN}px, ${dy - MARGIN}px)`;
}

function paintAll(studio, view) {
  const { state, colours } = studio;
  if (!colours || !view.layout || !state.drawing) return;
  for (const id of view.boxes.keys()) paintBox(studio, view, id);
  paintWires(studio, view);
  shown("tiles", state.snapshot);
}

function paintBox(studio, view, id) {
  const { state, colours } = studio;
  if (!colours) return;
  view.boxes.get(id).paint(state.snapshot, colours, {
    hovered: state.hovered?.node === id ? state.hovered.unit : -1,
    chosen: chosenUnit(studio, id),
    filters: studio.filters,
  });
}

/** Draws all wires in sight, and lines of weights where there are few enough. */
function paintWires(studio, view) {
  const { state, colours } = studio;
  if (!colours || !view.layout) return;
  const { camera, layout } = view;
  const context = fit(view.sheet, camera.view.width + 2 * MARGIN, camera.view.height + 2 * MARGIN);
  context.translate(camera.x + MARGIN, camera.y + MARGIN);
  context.scale(camera.zoom, camera.zoom);
  view.sheetAt = { x: camera.x, y: camera.y, zoom: camera.zoom };
  moveSheet(view, 0, 0);
  view.lines = [];
  const plain = view.wires.filter((wire) => {
    if (!camera.sees(boundsOf(wire), MARGIN)) return false;
    const lines = camera.far ? [] : weightsOf(studio, layout, wire);
    if (!lines.length) return true;
    drawLines(context, lines, colours, chosenLine(state, wire.edge));
    const meant = lines.find((line) => isLink(line, state.link));
    if (meant) drawChosen(context, meant, colours);
    view.lines.push(...lines);
    return isMeant(view, state, wire);
  });
  drawWires(context, plain, (wire) => styleOf(view, state, colours, wire));
  if (view.loose) drawLoose(context, view, colours);
}

function weightsOf({ state }, { places }, { edge, next }) {
  if (!next) return [];
  const weights = state.snapshot?.arrays.get(`weights/${edge.to}`);
  return linesOf(edge.to, places.get(edge.from), places.get(edge.to), weights, state.link);
}

function isLink({ node, out, from }, link) {
  return node === link?.node && out === link.out && from === link.from;
}

/** Whether a wire stands out: chosen, under the pointer, or where something would be dropped. */
function isMeant(view, state, { edge }) {
  return sameEdge(edge, state.wire) || sameEdge(edge, view.meant) || sameEdge(edge, view.target);
}

function styleOf(view, state, { tokens }, wire) {
  const { edge } = wire;
  const thin = 1 / Math.sqrt(Math.max(view.camera.zoom, 0.3));
  if (sameEdge(edge, view.target)) return { colour: tokens.accent, width: 4 * thin, alpha: 1 };
  if (sameEdge(edge, state.wire)) return { colour: tokens.accent, width: 2.5 * thin, alpha: 1 };
  if (sameEdge(edge, view.meant)) return { colour: tokens.text, width: 2 * thin, alpha: 0.8 };
  const near = state.chosen.includes(edge.from) || state.chosen.includes(edge.to);
  return { colour: near ? tokens.accent : tokens.quiet, width: 1.5 * thin, alpha: near ? 0.9 : 0.6 };
}

function drawLoose(context, { loose, camera }, { tokens }) {
  const colour = loose.refused ? tokens.bad : tokens.accent;
  const wire = { points: looseWire(loose.from, loose.to), edge: {} };
  drawWires(context, [wire], () => ({ colour, width: 2 / camera.zoom, alpha: 1, dash: [6, 4] }));
}

/** A rectangle around a wire. */
function boundsOf(wire) {
  if (wire.bounds) return wire.bounds;
  const xs = wire.points.map(([x]) => x);
  const ys = wire.points.map(([, y]) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return (wire.bounds = { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y });
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

/** Marks the box that slow motion tells of; of a folded block, the block's. */
function markStage({ state }, view) {
  const node = state.stage?.layer?.id;
  for (const box of state.drawing?.boxes ?? []) {
    const meant = node !== undefined && (box.id === node || box.nodes?.includes(node));
    const element = view.boxes.get(box.id)?.element;
    if (element) give(element, "data-stage", meant && state.stage.phase);
    if (meant) view.camera.reveal(view.layout?.places.get(box.id));
  }
}

function mark(studio, view) {
  const { selected, chosen, drawing } = studio.state;
  const focus = selected ?? drawing?.boxes[0]?.id;
  const all = new Set(chosen);
  for (const [id, { element }] of view.boxes) {
    give(element, "aria-selected", String(all.has(id)));
    give(element, "tabindex", id === focus ? "0" : "-1");
  }
}
