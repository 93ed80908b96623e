// Reordering by dragging a box along the network.

import { make } from "./element.js";

const FIRM = 6; // pixels of movement that make a drag

/** Lets layers be dragged to another place; input and output stay where they are. */
export function installDrag(studio, view) {
  const marker = make("div", { class: "ls-marker", hidden: true });
  view.field.append(marker);
  view.list.addEventListener("pointerdown", (event) => {
    const element = event.target.closest(".ls-box");
    if (!element || event.button || !movable(studio, element.dataset.id)) return;
    if (event.pointerType === "touch" && event.target.classList.contains("ls-box-tiles")) return;
    follow(studio, view, element, marker, event);
  });
}

/** Whether a box is a layer that can be moved. */
export function movable(studio, id) {
  const boxes = studio.state.drawing?.boxes ?? [];
  return boxes.length > 2 && id !== boxes[0].id && id !== boxes.at(-1).id;
}

function follow(studio, view, element, marker, start) {
  let [moving, after] = [false, null];
  const move = (event) => {
    const [dx, dy] = [event.clientX - start.clientX, event.clientY - start.clientY];
    if (!moving && Math.hypot(dx, dy) < FIRM) return;
    if (!moving) element.setPointerCapture(start.pointerId);
    moving = true;
    element.classList.add("ls-dragged");
    element.style.translate = `${dx}px ${dy}px`;
    after = nearest(studio, view, event, element.dataset.id);
    show(view, marker, after);
  };
  const end = (event) => {
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", end);
    document.removeEventListener("pointercancel", end);
    element.style.translate = "";
    element.classList.remove("ls-dragged");
    marker.hidden = true;
    if (!moving) return;
    element.addEventListener("click", (click) => click.stopPropagation(), { once: true, capture: true });
    if (event.type === "pointerup" && after) studio.moveAfter(element.dataset.id, after);
  };
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
}

/** The box after which the dragged one would land. */
function nearest(studio, view, event, dragged) {
  const { left, top } = view.field.getBoundingClientRect();
  const [x, y] = [event.clientX - left, event.clientY - top + view.field.scrollTop];
  let [best, least] = [null, Infinity];
  for (const box of studio.state.drawing.boxes.slice(0, -1)) {
    const place = view.places.get(box.id);
    if (box.id === dragged) continue;
    const away = Math.hypot(x - place.x - place.width - 12, (y - place.y - place.height / 2) * 0.6);
    if (away < least) [best, least] = [box.id, away];
  }
  return best;
}

function show(view, marker, after) {
  const place = view.places.get(after);
  marker.hidden = !place;
  if (place) {
    Object.assign(marker.style, {
      left: `${place.x + place.width + 8}px`,
      top: `${place.y}px`,
      height: `${place.height}px`,
    });
  }
}
