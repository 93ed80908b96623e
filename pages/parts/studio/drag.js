// Which boxes can be moved.

/** Whether a box is a layer that can be moved: neither the data, nor the output, nor a folded block. */
export function movable(studio, id) {
  const boxes = studio.state.drawing?.boxes ?? [];
  return boxes.length > 2 && id !== boxes[0].id && id !== boxes.at(-1).id && !String(id).startsWith("#");
}
