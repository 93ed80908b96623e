// Where a layer lands that is let go on the canvas: on a wire, or after a box.

import { at } from "./camera.js";
import { nodeOf } from "./editing.js";
import { wireAt } from "./wires.js";

const NEAR = 26; // pixels within which a wire takes it up
const BAR = 3; // width of the mark beside a box

/**
 * @returns {{after: string, before?: string, wire?: object, place?: object}|null} null outside the canvas
 */
export function dropAt(studio, view, event, dragged = null) {
  const frame = view.frame ?? view.field.getBoundingClientRect();
  const inside =
    event.clientX > frame.left &&
    event.clientX < frame.right &&
    event.clientY > frame.top &&
    event.clientY < frame.bottom;
  if (!inside || !view.layout) return null;
  const [x, y] = at(view, event);
  const others = view.wires.filter(({ edge }) => edge.from !== dragged && edge.to !== dragged);
  const wire = wireAt(others, x, y, NEAR / view.camera.zoom);
  if (wire) return { after: wire.edge.source, before: wire.edge.target, wire };
  const box = nearest(studio, view, x, y, dragged);
  const { x: left, y: top, width, height } = view.layout.places.get(box);
  return {
    after: nodeOf(studio, box),
    place: { x: left + width + 8, y: top, width: BAR, height },
  };
}

/** The box after which it would land. */
function nearest(studio, view, x, y, dragged) {
  let [best, least] = [studio.state.drawing.boxes[0].id, Infinity];
  for (const { id } of studio.state.drawing.boxes.slice(0, -1)) {
    const place = view.layout.places.get(id);
    if (id === dragged || !place) continue;
    const away = Math.hypot(x - place.x - place.width - 12, (y - place.y - place.height / 2) * 0.6);
    if (away < least) [best, least] = [id, away];
  }
  return best;
}
