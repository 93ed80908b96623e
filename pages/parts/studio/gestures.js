// Mouse, pen and fingers on the canvas: choosing, panning, zooming, moving boxes, drawing wires, choosing several.

import { at } from "./camera.js";
import { dropAt } from "./drop.js";
import { movable } from "./drag.js";
import { lineAt } from "./links.js";
import { tileAt } from "./tiles.js";
import { track } from "./track.js";
import { wireAt } from "./wires.js";

const NEAR = 7; // pixels within which a wire is meant
const HELD = 320; // milliseconds a finger rests on a box before it takes the box along
const NOTCH = 1.0015; // zoom of one unit of a mouse wheel
const PINCH = 1.01; // and of a pinch on a touch pad

/** Installs everything a pointer can do on the canvas. */
export function installGestures(studio, view) {
  const { field } = view;
  const fingers = new Map();
  let cancel = () => {};
  field.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button")) return;
    if (event.pointerType === "touch") fingers.set(event.pointerId, event);
    if (fingers.size === 2) {
      cancel();
      cancel = pinch(view, fingers);
      return;
    }
    cancel = begun(studio, view, event);
  });
  const lift = ({ pointerId }) => fingers.delete(pointerId);
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, lift);
  studio.ending.push(() => ["pointerup", "pointercancel"].forEach((name) => document.removeEventListener(name, lift)));
  // A finger that has taken something along must not scroll the page.
  field.addEventListener("touchmove", (event) => (view.taken || fingers.size > 1) && event.preventDefault(), {
    passive: false,
  });
  installWheel(view);
  installHover(studio, view);
  installClick(studio, view);
}

/** The gesture a press begins. */
function begun(studio, view, event) {
  const handle = event.target.closest(".ls-handle");
  const box = event.target.closest(".ls-box");
  if (event.button === 1) return pan(view, event);
  if (event.button) return () => {};
  if (handle) return drawWire(studio, view, event, handle.dataset.source, handle.dataset.from);
  if (event.shiftKey && !box) return chooseBand(studio, view, event);
  if (!box) return pan(view, event);
  const id = box.dataset.id;
  if (event.pointerType === "touch") return takeAfterRest(studio, view, event, id);
  return movable(studio, id) ? moveBox(studio, view, event, id) : () => {};
}

function pan(view, start) {
  let at = start;
  return track(start, {
    begin: () => {
      view.moving = true;
      view.field.classList.add("ls-panning", "ls-moving");
    },
    move: (event) => {
      view.camera.pan(event.clientX - at.clientX, event.clientY - at.clientY);
      at = event;
    },
    end: () => {
      view.moving = false;
      view.field.classList.remove("ls-panning", "ls-moving");
      view.camera.moved();
    },
  });
}

/** A finger on a box pans like anywhere else; once it has rested there, it takes the box along. */
function takeAfterRest(studio, view, start, id) {
  let cancel = pan(view, start);
  const timer = setTimeout(() => {
    cancel();
    if (!movable(studio, id)) return;
    navigator.vibrate?.(10);
    cancel = moveBox(studio, view, start, id, 0);
  }, HELD);
  const moved = (event) => {
    const far = Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY);
    if (event.pointerId === start.pointerId && (event.type !== "pointermove" || far > 8)) stop();
  };
  const names = ["pointermove", "pointerup", "pointercancel"];
  const stop = () => {
    clearTimeout(timer);
    names.forEach((name) => document.removeEventListener(name, moved));
  };
  names.forEach((name) => document.addEventListener(name, moved));
  return () => (stop(), cancel());
}

function pinch(view, fingers) {
  const spread = () => {
    const [one, other] = [...fingers.values()];
    return {
      x: (one.clientX + other.clientX) / 2,
      y: (one.clientY + other.clientY) / 2,
      far: Math.max(20, Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY)),
    };
  };
  let at = spread();
  const move = (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event);
    if (fingers.size < 2) return;
    const now = spread();
    const { left, top } = view.field.getBoundingClientRect();
    view.camera.pan(now.x - at.x, now.y - at.y);
    view.camera.zoomBy(now.far / at.far, now.x - left, now.y - top);
    at = now;
  };
  const stop = () => {
    document.removeEventListener("pointermove", move);
    names.forEach((name) => document.removeEventListener(name, stop));
  };
  const names = ["pointerup", "pointercancel"];
  document.addEventListener("pointermove", move);
  names.forEach((name) => document.addEventListener(name, stop));
  return stop;
}

/** Takes a layer to another place along the network. */
function moveBox(studio, view, start, id, firm) {
  const { element } = view.boxes.get(id);
  const take = () => {
    Object.assign(view, { taken: true, frame: view.field.getBoundingClientRect() });
    element.classList.add("ls-dragged");
  };
  let drop = null;
  return track(start, {
    firm,
    begin: take,
    move: (event) => {
      const { zoom } = view.camera;
      const [dx, dy] = [event.clientX - start.clientX, event.clientY - start.clientY];
      element.style.translate = `${dx / zoom}px ${dy / zoom}px`;
      const before = drop;
      drop = dropAt(studio, view, event, id);
      if (drop?.after !== before?.after || drop?.before !== before?.before) showDrop(studio, view, drop);
    },
    end: (event, kept) => {
      Object.assign(view, { taken: false, frame: null });
      element.style.translate = "";
      element.classList.remove("ls-dragged");
      showDrop(studio, view, null);
      if (kept && drop) studio.moveAfter(id, drop.after, drop.before);
    },
  });
}

/** Shows where something would land: on a wire, or beside a box. */
export function showDrop(studio, view, drop) {
  view.target = drop?.wire?.edge ?? null;
  view.overlay.mark(drop && !drop.wire ? drop.place : null);
  studio.tell("wires");
}

/** Draws a wire from a box to the box under the pointer. */
function drawWire(studio, view, start, source, from) {
  const place = view.layout.places.get(from);
  const over = (event) => {
    const box = document.elementFromPoint(event.clientX, event.clientY)?.closest?.(".ls-box");
    return box && view.field.contains(box) ? box.dataset.id : null;
  };
  const light = (id) => {
    for (const [other, { element }] of view.boxes) element.classList.toggle("ls-aimed", other === id);
  };
  return track(start, {
    firm: 2,
    begin: () => (view.taken = true),
    move: (event) => {
      const id = over(event);
      const fits = id && id !== from && id !== studio.state.drawing.boxes[0].id;
      light(fits ? id : null);
      view.loose = { from: [place.x + place.width, place.middle], to: at(view, event), refused: id && !fits };
      studio.tell("wires");
    },
    end: (event, kept) => {
      const id = over(event);
      Object.assign(view, { taken: false, loose: null });
      light(null);
      studio.tell("wires");
      const target = studio.boxOf(id)?.nodes?.[0] ?? id;
      if (kept && id && id !== from && id !== studio.state.drawing.boxes[0].id) studio.wire(source, target);
    },
  });
}

/** Chooses every box a rectangle touches. */
function chooseBand(studio, view, start) {
  const [x, y] = at(view, start);
  const before = studio.state.chosen;
  return track(start, {
    begin: () => (view.taken = true),
    move: (event) => {
      const [toX, toY] = at(view, event);
      const band = { x: Math.min(x, toX), y: Math.min(y, toY), width: Math.abs(toX - x), height: Math.abs(toY - y) };
      view.overlay.band(band);
      const touched = [...view.layout.places].filter(([, place]) => meet(place, band)).map(([id]) => id);
      const ids = [...new Set([...before, ...touched])];
      if (ids.join() !== studio.state.chosen.join()) studio.choose(ids);
    },
    end: () => {
      view.taken = false;
      view.overlay.band(null);
      const { length } = studio.state.chosen;
      studio.announce(`${length} ${length === 1 ? "box" : "boxes"} chosen.`);
    },
  });
}

function meet(one, other) {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

/** A mouse wheel zooms where the pointer is; two fingers on a touch pad pan, and zoom when they pinch. */
function installWheel(view) {
  view.field.addEventListener(
    "wheel",
    (event) => {
      const { left, top } = view.field.getBoundingClientRect();
      const [x, y] = [event.clientX - left, event.clientY - top];
      const unit = event.deltaMode === 1 ? 30 : 1;
      const notched = event.deltaX === 0 && Math.abs(event.deltaY * unit) >= 50;
      const scrolls = document.scrollingElement.scrollHeight > window.innerHeight + 1;
      if (scrolls && !event.ctrlKey) return; // the page around is longer than the window: the wheel is its own
      event.preventDefault();
      if (event.ctrlKey && !notched) view.camera.zoomBy(PINCH ** -event.deltaY, x, y);
      else if (notched || event.ctrlKey) view.camera.zoomBy(NOTCH ** (-event.deltaY * unit), x, y);
      else view.camera.pan(-event.deltaX * unit, -event.deltaY * unit);
    },
    { passive: false },
  );
}

/** What lies under a pointer: a box and its neuron, a line of a weight, or a wire. */
function found(studio, view, event) {
  const element = event.target.closest?.(".ls-box");
  if (element) {
    const id = element.dataset.id;
    const place = view.layout.places.get(id);
    const tiles = event.target.classList.contains("ls-box-tiles") && place;
    return { id, unit: tiles ? tileAt(place.grid, ...within(view, event, event.target)) : -1 };
  }
  const label = event.target.closest?.(".ls-shape");
  if (label) return { wire: view.wires[Number(label.dataset.wire)] };
  if (event.target.closest?.(".ls-handle, button") || !view.layout) return {};
  const point = at(view, event);
  const line = lineAt(view.lines, ...point);
  return line ? { line } : { wire: wireAt(view.wires, ...point, NEAR / view.camera.zoom) };
}

function installHover(studio, view) {
  const { field } = view;
  field.addEventListener("pointermove", (event) => {
    if (event.buttons || !view.layout) return;
    const { id, unit, line, wire } = found(studio, view, event);
    field.classList.toggle("ls-on-link", Boolean(line || wire));
    studio.hover(id && unit >= 0 ? { node: id, unit } : null);
    if (!event.target.closest(".ls-handle")) view.overlay.handles(id ?? studio.state.selected);
    const edge = wire?.edge ?? null;
    if (edge !== view.meant) {
      view.meant = edge;
      studio.tell("wires");
    }
  });
  field.addEventListener("pointerleave", () => {
    view.meant = null;
    view.overlay.handles(studio.state.selected);
    studio.hover(null);
    studio.tell("wires");
  });
}

function installClick(studio, view) {
  view.field.addEventListener("click", (event) => {
    if (event.target.closest("button, .ls-handle")) return;
    const { id, unit, line, wire } = found(studio, view, event);
    if (id && (event.shiftKey || event.ctrlKey || event.metaKey)) return studio.toggleChosen(id);
    if (line) studio.pickLink(line);
    else if (wire) studio.chooseWire(wire.edge);
    else if (id && unit >= 0) studio.pickNeuron({ node: id, unit });
    else studio.select(id ?? null);
    if (id) {
      view.overlay.handles(id);
      view.boxes.get(id).element.focus({ preventScroll: true });
    } else if (wire) view.list.focus({ preventScroll: true });
    return undefined;
  });
  view.field.addEventListener("dblclick", (event) => {
    const box = studio.boxOf(event.target.closest(".ls-box")?.dataset.id);
    if (box?.kind === "block") studio.fold(box.block, false);
    else if (!box && view.camera.far) {
      const { left, top } = view.field.getBoundingClientRect();
      view.camera.zoomBy(0.8 / view.camera.zoom, event.clientX - left, event.clientY - top);
    }
  });
}

/** Where an event is inside an element of the canvas, in the canvas' own measure. */
function within(view, event, element) {
  const { left, top } = element.getBoundingClientRect();
  return [(event.clientX - left) / view.camera.zoom, (event.clientY - top) / view.camera.zoom];
}
