// The keyboard: along the network, and everywhere in the Studio.

import { networkMoves } from "./walk.js";
import { startWiring } from "./wiring.js";

/**
 * On the canvas: arrows walk along the wires, Shift+arrows move the box, w draws a wire, Enter opens the settings,
 * Delete removes what is chosen, + - 0 zoom, Escape lets go.
 */
export function networkKeys(studio, view) {
  const moves = networkMoves(studio, view);
  const wiring = startWiring(studio, view);
  const orders = {
    Home: (id, boxes) => studio.focusBox(boxes[0].id),
    End: (id, boxes) => studio.focusBox(boxes.at(-1).id),
    Enter: (id) => moves.enter(id),
    Delete: (id) => moves.remove(id),
    Backspace: (id) => moves.remove(id),
    w: (id) => wiring.begin(id),
    f: (id) => studio.boxOf(id)?.block && studio.fold(studio.boxOf(id).block, studio.boxOf(id).kind !== "block"),
  };
  view.list.addEventListener("keydown", (event) => {
    const boxes = studio.state.drawing?.boxes ?? [];
    const id = event.target.dataset?.id ?? null;
    const arrow = event.key.startsWith("Arrow") && event.key.slice(5);
    if (event.metaKey || !boxes.length) return;
    if (wiring.hears(event)) return keep(event);
    if (event.ctrlKey) return;
    if (arrow && (event.altKey || event.shiftKey)) moves.reorder(id, arrow);
    else if (arrow) moves.go(id, arrow);
    else if (orders[event.key] && !event.altKey) orders[event.key](id, boxes);
    else return;
    keep(event);
  });
}

/** The key has been used. */
function keep(event) {
  event.preventDefault();
  event.stopPropagation();
}

/** Whether a key belongs to the element that has the focus. */
function taken(target, key) {
  if (target.isContentEditable || target.matches("select, textarea")) return true;
  if (target.matches("input"))
    return !["checkbox", "range"].includes(target.type) || key.startsWith("Arrow") || key === " ";
  return key === " " && target.matches("button, summary, a, [role=option]:not(.ls-box)");
}

/** Keys with Ctrl: undo, redo, and what is done with the chosen boxes. */
function withControl(studio, view, event, target) {
  const text = target.matches("input:not([type=range], [type=checkbox]), textarea, select");
  const key = event.key.toLowerCase();
  const chosen = studio.state.chosen.length > 0 && !String(window.getSelection());
  const on = view().contains(target) || target.contains(studio.root);
  const orders = {
    z: () => (event.shiftKey ? studio.draft.redo() : studio.draft.undo()),
    y: () => studio.draft.redo(),
    c: () => on && chosen && studio.copy(),
    x: () => on && chosen && studio.copy() && studio.remove(),
    v: () => on && studio.paste(),
    d: () => on && chosen && studio.duplicate(),
    a: () => on && studio.choose(studio.state.drawing.boxes.slice(1, -1).map(({ id }) => id)),
    " ": () => on && target.dataset.id && studio.toggleChosen(target.dataset.id),
  };
  if (!orders[key] || (text && !(key === "z" && !target.matches("input[type=text], input[type=search], textarea"))))
    return false;
  return orders[key]() !== false;
}

/**
 * Space trains and pauses, → makes one step, s one in slow motion, / opens the layers, + - 0 zoom the network, Ctrl+Z and Ctrl+Shift+Z
 * undo and redo, Ctrl+C and Ctrl+V copy and paste the chosen boxes.
 */
export function studioKeys(studio) {
  const { state } = studio;
  const orders = {
    " ": () => studio.toggle(),
    ArrowRight: () => studio.step(),
    s: () => studio.slow(),
    "/": () => studio.openShelf(),
    "?": () => studio.openShortcuts(),
    "+": () => studio.camera.zoomBy(1.25),
    "=": () => studio.camera.zoomBy(1.25),
    "-": () => studio.camera.zoomBy(0.8),
    0: () => studio.fitNetwork(),
    Delete: () => (state.wire ? studio.unwire(state.wire) : studio.remove()),
    Backspace: () => (state.wire ? studio.unwire(state.wire) : studio.remove()),
  };
  const field = () => studio.root.querySelector(".ls-field");
  const press = (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (!studio.root.contains(target) && !target.contains(studio.root)) return;
    if (!state.draft || target.closest(".ls-popover")) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.altKey || !withControl(studio, field, event, target)) return;
    } else if (event.altKey || taken(target, event.key)) return;
    else if (event.key === "Escape") studio.select(null);
    else if (orders[event.key] && ownsDelete(studio, event, target)) orders[event.key]();
    else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", press);
  studio.ending.push(() => document.removeEventListener("keydown", press));
}

/** Delete is meant for the canvas only where nothing else has the focus. */
function ownsDelete({ state, root }, { key }, target) {
  if (key !== "Delete" && key !== "Backspace") return true;
  const free = target.contains(root) || target.matches(".ls-boxes, .ls-field, .ls-bar-tools *");
  return free && Boolean(state.wire || state.chosen.length);
}
