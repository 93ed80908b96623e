// Walking over the canvas by keyboard: along the wires, up and down, and taking a box along.

import { movable } from "./drag.js";
import { nodeOf } from "./editing.js";

const ASIDE = 2.5; // how much a step sideways counts against a step in the wanted direction

/** What keys do with the box that has the focus. */
export function networkMoves(studio, view) {
  const { state } = studio;
  const readers = (id) => state.drawing.edges.filter(({ from }) => from === id).map(({ to }) => to);
  const sources = (id) => state.drawing.edges.filter(({ to }) => to === id).map(({ from }) => from);
  const next = (id, way) => {
    if (way === "Right") return readers(id)[0];
    if (way === "Left") return sources(id)[0];
    return beside(view, id, way === "Up" ? -1 : 1) ?? null;
  };
  return {
    go: (id, way) => {
      const target = id ? next(id, way) : (state.wire?.target ?? state.drawing.boxes[0].id);
      if (!target) return;
      studio.focusBox(target);
      const ways = way === "Right" ? readers(id) : way === "Left" ? sources(id) : [];
      if (ways.length > 1) studio.announce(`${ways.length} wires here; up and down reach the others.`);
    },
    /** Takes the box one place along the wire it lies on. */
    reorder: (id, way) => {
      if (!movable(studio, id)) return undefined;
      const forth = way === "Right" || way === "Down";
      const [source] = sources(id);
      const [reader] = readers(id);
      if (forth && reader && reader !== state.drawing.boxes.at(-1).id)
        return studio.moveAfter(id, nodeOf(studio, reader));
      const wire = state.drawing.edges.find(({ to }) => to === source);
      if (!forth && wire) return studio.moveAfter(id, wire.source ?? wire.from, wire.target ?? wire.to);
      return undefined;
    },
    enter: (id) => {
      const box = studio.boxOf(id);
      if (box?.kind === "block") studio.fold(box.block, false);
      else if (id) studio.select(id, { focus: true });
    },
    remove: async (id) => {
      if (state.wire) return studio.unwire(state.wire);
      const several = state.chosen.length > 1 && state.chosen.includes(id);
      if (!several && !studio.boxOf(id)?.nodes && !movable(studio, id)) return undefined;
      const after = readers(id)[0];
      await studio.remove(several ? null : id);
      requestAnimationFrame(() => studio.focusBox(view.boxes.has(after) ? after : state.drawing.boxes[0].id));
      return undefined;
    },
  };
}

/** The nearest box above or below; where there is none, the one before or after. */
function beside(view, id, way) {
  const here = view.layout.places.get(id);
  const [x, y] = [here.x + here.width / 2, here.middle];
  let [best, least] = [null, Infinity];
  for (const [other, place] of view.layout.places) {
    const down = (place.middle - y) * way;
    if (other === id || down < 8) continue;
    const away = down + ASIDE * Math.abs(place.x + place.width / 2 - x);
    if (away < least) [best, least] = [other, away];
  }
  const order = [...view.layout.places.keys()];
  return best ?? order[order.indexOf(id) + way];
}
