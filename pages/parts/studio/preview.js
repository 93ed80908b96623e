// The data strip: which data, how it looks, how it is split, and its settings.

import { createChooser, createForm } from "./forms.js";
import { paintSample } from "./curves.js";
import { fit, give, make, write } from "./element.js";
import { whole } from "./numbers.js";
import { drawPoints } from "./points.js";
import { createRows, testRows } from "./rows.js";
import { createStudy } from "./study.js";
import { paintPicture } from "./tiles.js";

const ACROSS = 8; // pictures side by side
const SHOWN = 32;
const CURVES = [2, 8]; // curves side by side, and in all

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
  on("preview sample", () => {
    const { rows, texts, picture } = state.preview?.facts ?? {};
    if (rows || texts || picture === "series") table.mark();
  });
  return make(
    "section",
    { class: "ls-data ls-card", "aria-label": "Data" },
    chooser.element,
    frame,
    counts,
    createStudy(studio),
    body,
  );
}

function show(studio, canvas, table) {
  const { preview } = studio.state;
  const images = preview.arrays.get("grid/images");
  const points = preview.arrays.get("points");
  const curves = preview.arrays.get("curves/inputs");
  canvas.hidden = !(images || points || curves);
  table.element.hidden = Boolean(images || points);
  const width = Math.min(canvas.parentElement.clientWidth || 200, 240);
  if (points) plane(studio, canvas, Math.min(width, 168), preview);
  else if (images) pictures(studio, canvas, width, images);
  else if (curves) series(studio, canvas, width, curves);
  if (!points && !images) table.fill();
}

/** The first curves of the test split. */
function series(studio, canvas, width, curves) {
  const [across, most] = CURVES;
  const shown = Math.min(curves.shape[0], most);
  const [wide, tall] = [(width - 6 * (across - 1)) / across, 24];
  const context = fit(canvas, width, Math.ceil(shown / across) * (tall + 6));
  for (let index = 0; index < shown; index++) {
    const place = {
      x: (index % across) * (wide + 6) + 2,
      y: Math.floor(index / across) * (tall + 6) + 3,
      width: wide - 4,
      height: tall,
    };
    paintSample(context, curves, index, place, studio.colours);
  }
}

function plane(studio, canvas, size, preview) {
  drawPoints(fit(canvas, size, size), size, preview, studio, { radius: 1.6, tests: true });
}

function pictures(studio, canvas, width, images) {
  const [count] = images.shape;
  const shown = Math.min(count, SHOWN);
  const size = Math.floor((width - 2 * (ACROSS - 1)) / ACROSS);
  const lines = Math.ceil(shown / ACROSS);
  const context = fit(canvas, ACROSS * (size + 2) - 2, lines * (size + 2) - 2);
  for (let index = 0; index < shown; index++) {
    const [x, y] = [(index % ACROSS) * (size + 2), Math.floor(index / ACROSS) * (size + 2)];
    paintPicture(context, images, index, studio.colours, x, y, size);
  }
}
