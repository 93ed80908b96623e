// The data strip: which data, how it looks, how it is split, and its settings.

import { createChooser, createForm } from "./forms.js";
import { fit, give, make, write } from "./element.js";
import { whole } from "./numbers.js";
import { drawPoints } from "./points.js";
import { createRows, testRows } from "./rows.js";
import { paint } from "./tiles.js";

const ACROSS = 8; // pictures side by side
const SHOWN = 32;

/** @returns {HTMLElement} */
export function createPreview(studio) {
  const { state, on } = studio;
  const chooser = createChooser("Data", "What the network learns from.", [], (entry) =>
    studio.chooseData(entry),
  );
  const canvas = make("canvas", { class: "ls-thumb", role: "img", "aria-label": "Preview of the data" });
  const table = createRows(studio);
  const counts = make("p", {
    class: "ls-facts",
    "data-tip":
      "Train: learned from. Validation: judged on while it trains. Test: judged on once, at the end.",
  });
  const frame = make("div", { class: "ls-thumb-frame" }, canvas, table.element);
  const body = make("div", { class: "ls-data-form" });
  let [kind, form] = [null, null];

  on("catalogue draft", () => {
    if (!state.catalogue || !state.draft) return;
    const { data } = state.draft;
    give(frame, "data-picture", state.drawing?.picture); // its room, so that nothing jumps when the data comes
    const entry = state.catalogue.datasets.find((one) => one.kind === data.kind);
    if (!chooser.list.childElementCount) chooser.fill(state.catalogue.datasets);
    chooser.set(data.kind, entry);
    if (kind !== data.kind) {
      kind = data.kind;
      form = entry && createForm(entry.settings, "data", studio.change);
      body.replaceChildren(form?.element ?? "");
    }
    form?.set(data);
  });
  on("preview theme", () => {
    canvas.hidden = table.element.hidden = !state.preview;
    if (!state.preview || !studio.colours) return;
    show(studio, canvas, table);
    const tests = testRows(studio);
    if (tests.length && !tests.includes(state.sample)) studio.chooseSample(tests[0]);
    const { sizes: split } = state.preview.facts;
    write(
      counts,
      split
        ? `${whole(split.train)} train · ${whole(split.validation)} validation · ${whole(split.test)} test`
        : "",
    );
  });
  on("preview sample", () => state.preview?.facts.rows && table.mark());
  return make(
    "section",
    { class: "ls-data ls-card", "aria-label": "Data" },
    chooser.element,
    frame,
    counts,
    body,
  );
}

function show(studio, canvas, table) {
  const { preview } = studio.state;
  const images = preview.arrays.get("grid/images");
  const points = preview.arrays.get("points");
  canvas.hidden = !(images || points);
  table.element.hidden = !canvas.hidden;
  const width = Math.min(canvas.parentElement.clientWidth || 200, 240);
  if (points) plane(studio, canvas, Math.min(width, 168), preview);
  else if (images) pictures(studio, canvas, width, images);
  else table.fill();
}

function plane(studio, canvas, size, preview) {
  drawPoints(fit(canvas, size, size), size, preview, studio, { radius: 1.6, tests: true });
}

function pictures(studio, canvas, width, images) {
  const [count, height, across] = images.shape;
  const shown = Math.min(count, SHOWN);
  const size = Math.floor((width - 2 * (ACROSS - 1)) / ACROSS);
  const lines = Math.ceil(shown / ACROSS);
  const context = fit(canvas, ACROSS * (size + 2) - 2, lines * (size + 2) - 2);
  for (let index = 0; index < shown; index++) {
    const [x, y] = [(index % ACROSS) * (size + 2), Math.floor(index / ACROSS) * (size + 2)];
    paint(
      context,
      images.data,
      index * height * across,
      height,
      across,
      studio.colours.grey,
      x,
      y,
      size,
      size,
      { sharp: true },
    );
  }
}
