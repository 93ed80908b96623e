// The keyboard: along the network, and everywhere in the Studio.

import { movable } from "./drag.js";

/** Arrows move along the boxes, Alt+arrows move the box, Delete removes it, Enter opens its settings. */
export function networkKeys(studio, view) {
  view.list.addEventListener("keydown", (event) => {
    const boxes = studio.state.drawing?.boxes.map((box) => box.id) ?? [];
    const id = event.target.dataset?.id;
    const index = boxes.indexOf(id);
    if (index < 0 || event.ctrlKey || event.metaKey) return;
    const way = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (way && event.altKey) reorder(studio, boxes, index, way);
    else if (way) view.boxes.get(boxes[index + way])?.element.focus();
    else if (event.key === "Home") view.boxes.get(boxes[0]).element.focus();
    else if (event.key === "End") view.boxes.get(boxes.at(-1)).element.focus();
    else if (event.key === "Enter") studio.select(id, { focus: true });
    else if (event.key === "Delete" || event.key === "Backspace") remove(studio, view, boxes, index);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function reorder(studio, boxes, index, way) {
  if (!movable(studio, boxes[index])) return;
  const after = boxes[way < 0 ? index - 2 : index + 1];
  if (after !== undefined && after !== boxes.at(-1)) studio.moveAfter(boxes[index], after);
}

async function remove(studio, view, boxes, index) {
  if (!movable(studio, boxes[index])) return;
  await studio.remove(boxes[index]);
  requestAnimationFrame(() => view.boxes.get(boxes[index + 1] ?? boxes[index - 1])?.element.focus());
}

/** Whether a key belongs to the element that has the focus. */
function taken(target, key) {
  if (target.isContentEditable || target.matches("select, textarea")) return true;
  if (target.matches("input"))
    return !["checkbox", "range"].includes(target.type) || key.startsWith("Arrow") || key === " ";
  return key === " " && target.matches("button, summary, a, [role=option]:not(.ls-box)");
}

/** Space trains and pauses, → makes one step, / opens the layers, Ctrl+Z and Ctrl+Shift+Z undo and redo. */
export function studioKeys(studio) {
  const { state } = studio;
  const orders = {
    " ": () => studio.toggle(),
    ArrowRight: () => studio.step(),
    "/": () => studio.openShelf(),
  };
  const press = (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (!studio.root.contains(target) && !target.contains(studio.root)) return;
    if (!state.draft || target.closest(".ls-popover")) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      if (target.matches("input[type=text], textarea")) return;
      event.shiftKey ? studio.draft.redo() : studio.draft.undo();
    } else if (event.ctrlKey || event.metaKey || event.altKey || taken(target, event.key)) return;
    else if (event.key === "Escape") studio.select(null);
    else if (orders[event.key]) orders[event.key]();
    else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", press);
  studio.ending.push(() => document.removeEventListener("keydown", press));
}
