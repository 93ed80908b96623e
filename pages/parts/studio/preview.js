// The data strip: which data, how it looks, how it is split, and its settings.

import { createChooser, createForm } from "./forms.js";
import { fit, make, write } from "./element.js";
import { whole } from "./numbers.js";
import { drawPoints } from "./points.js";
import { paint } from "./tiles.js";

const ACROSS = 8; // pictures side by side
const SHOWN = 32;
const ROWS = 6; // of a table

/** @returns {HTMLElement} */
export function createPreview(studio) {
  const { state, on } = studio;
  const chooser = createChooser("Data", "What the network learns from.", [], (entry) =>
    studio.chooseData(entry),
  );
  const canvas = make("canvas", { class: "ls-thumb", role: "img", "aria-label": "Preview of the data" });
  const table = make("table", { class: "ls-rows" });
  const counts = make("p", {
    class: "ls-facts",
    "data-tip":
      "Train: learned from. Validation: judged on while it trains. Test: judged on once, at the end.",
  });
  const body = make("div", { class: "ls-data-form" });
  let [kind, form] = [null, null];

  on("catalogue draft", () => {
    if (!state.catalogue || !state.draft) return;
    const { data } = state.draft;
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
  on("preview theme sample", () => {
    canvas.hidden = table.hidden = !state.preview;
    if (!state.preview || !studio.colours) return;
    show(studio, canvas, table);
    const { sizes: split } = state.preview.facts;
    write(
      counts,
      split
        ? `${whole(split.train)} train · ${whole(split.validation)} validation · ${whole(split.test)} test`
        : "",
    );
  });
  return make(
    "section",
    { class: "ls-data ls-card", "aria-label": "Data" },
    chooser.element,
    make("div", { class: "ls-thumb-frame" }, canvas, table),
    counts,
    body,
  );
}

function show(studio, canvas, table) {
  const { preview } = studio.state;
  const images = preview.arrays.get("grid/images");
  const points = preview.arrays.get("points");
  canvas.hidden = !(images || points);
  table.hidden = !canvas.hidden;
  const width = Math.min(canvas.parentElement.clientWidth || 200, 240);
  if (points) plane(studio, canvas, Math.min(width, 168), preview);
  else if (images) pictures(studio, canvas, width, images);
  else rows(studio, table, preview.facts);
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

/** The first two columns and the one to predict; a row holds it last. */
function rows(studio, table, { columns = [], rows: lines = [] }) {
  const { task } = studio.state.drawing;
  columns = [...columns, task?.target || (task?.kind === "classification" ? "class" : "target")];
  const shown = [...new Set([0, 1, columns.length - 1])];
  table.replaceChildren(
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        shown.map((index) => make("th", { scope: "col" }, columns[index])),
      ),
    ),
    make(
      "tbody",
      {},
      lines.slice(0, ROWS).map((line, row) => rowOf(studio, line, shown, row)),
    ),
  );
}

/** One sample; a press follows it through the network. */
function rowOf(studio, line, shown, row) {
  const pick = make(
    "button",
    {
      type: "button",
      class: "ls-link",
      "aria-label": `Sample ${row + 1}: ${line.join(", ")}`,
      "data-tip": "Follow this sample through the network.",
      onclick: () => studio.chooseSample(row),
    },
    line[shown[0]],
  );
  const chosen = row === studio.state.sample;
  return make(
    "tr",
    { "aria-selected": chosen && "true" },
    make("td", {}, pick),
    shown.slice(1).map((index) => make("td", {}, line[index])),
  );
}
