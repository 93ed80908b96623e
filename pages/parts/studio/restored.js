// Pictures given back: what goes in, what the network makes of it, and what was wanted.

import { fit, give, make } from "./element.js";
import { paintPicture } from "./tiles.js";

const SHOWN = 24;
const SIZE = 28; // pixels of a picture

/** @returns {HTMLElement} */
export function createRestored(studio) {
  const { state, on } = studio;
  const key = (words) => make("span", {}, words);
  const head = make("div", { class: "ls-restored-key", "aria-hidden": "true" }, key("in"), key("out"), key("wanted"));
  const list = make("div", { class: "ls-restored-list" });
  const element = make("div", { class: "ls-restored", role: "group", "aria-label": "Test pictures given back" }, head, list);
  const cells = [];
  on("snapshot preview theme sample draft", () => {
    const images = state.preview?.arrays.get("grid/images");
    const wanted = state.preview?.arrays.get("grid/wanted");
    if (!images || !wanted || !studio.colours) return;
    const indices = state.preview.arrays.get("grid/index").data;
    const made = state.snapshot?.arrays.get("grid/made");
    const count = Math.min(SHOWN, images.shape[0]);
    while (cells.length < count) cells.push(createCell(studio, list));
    cells.forEach((cell, index) => {
      cell.sample = indices[index];
      give(cell.button, "aria-pressed", String(cell.sample === state.sample));
      give(cell.button, "aria-label", `Test picture ${index + 1}: as it is shown, given back, and wanted`);
      const context = fit(cell.canvas, SIZE, 3 * SIZE + 4);
      [images, made, wanted].forEach((array, row) => {
        const y = row * (SIZE + 2);
        context.fillStyle = studio.colours.tokens.line;
        context.fillRect(0, y, SIZE, SIZE);
        if (array && index < array.shape[0]) paintPicture(context, array, index, studio.colours, 0, y, SIZE);
      });
    });
  });
  return element;
}

function createCell(studio, list) {
  const cell = { canvas: make("canvas", { "aria-hidden": "true" }), sample: 0 };
  cell.button = make(
    "button",
    {
      type: "button",
      class: "ls-picture",
      "data-tip": "In, out and wanted. Click to follow it through the network.",
      onclick: () => studio.chooseSample(cell.sample),
    },
    cell.canvas,
  );
  list.append(cell.button);
  return cell;
}
