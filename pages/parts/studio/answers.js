// For tables: the confusion of classes on the validation samples, or predicted against true values.

import { fit, give, make, write } from "./element.js";
import { short } from "./numbers.js";

/** @returns {HTMLElement} */
export function createAnswers(studio) {
  const { state, on } = studio;
  const table = make("table", { class: "ls-confusion" });
  const canvas = make("canvas", {
    role: "img",
    "aria-label": "Predicted against true values of the validation samples",
  });
  const element = make("div", { class: "ls-answers" }, table, canvas);
  let shape = "";
  on("snapshot theme draft size", () => {
    const confusion = state.snapshot?.arrays.get("confusion");
    const predicted = state.snapshot?.arrays.get("predicted");
    table.hidden = !confusion;
    canvas.hidden = !predicted;
    if (!studio.colours) return;
    if (confusion) {
      const names = state.drawing?.task.classes ?? [];
      const key = `${confusion.shape}${names}`;
      if (shape !== key) build(table, confusion.shape[0], names);
      shape = key;
      count(table, confusion, studio.colours);
    }
    if (predicted) scatter(studio, canvas, predicted.data, state.snapshot.arrays.get("true").data);
  });
  return element;
}

function build(table, classes, names) {
  const name = (index) => names[index] ?? String(index);
  const head = Array.from({ length: classes }, (_, index) => make("th", { scope: "col" }, name(index)));
  const rows = Array.from({ length: classes }, (_, row) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, name(row)),
      Array.from({ length: classes }, () => make("td")),
    ),
  );
  table.replaceChildren(
    make("caption", {}, "Rows: true class. Columns: predicted. Validation samples."),
    make("thead", {}, make("tr", {}, make("td"), head)),
    make("tbody", {}, rows),
  );
}

/** Writes the counts; the share of a row is its cell's depth. confusion: (true, predicted). */
function count(table, { data, shape: [classes] }, colours) {
  for (let row = 0; row < classes; row++) {
    const total = Math.max(
      1,
      data.slice(row * classes, (row + 1) * classes).reduce((sum, value) => sum + value, 0),
    );
    for (let column = 0; column < classes; column++) {
      const cell = table.tBodies[0].rows[row].cells[column + 1];
      const value = data[row * classes + column];
      write(cell, String(value));
      const share = Math.round((value / total) * 45);
      const colour = row === column ? colours.tokens.positive : colours.tokens.negative;
      give(cell, "style", `background: color-mix(in srgb, ${colour} ${share}%, transparent)`);
    }
  }
}

/** A dot per sample, true value across and predicted value up; on the diagonal it is right. */
function scatter(studio, canvas, predicted, truth) {
  const size = Math.min(canvas.parentElement.clientWidth || 260, 260);
  const context = fit(canvas, size, size);
  const { tokens } = studio.colours;
  const low = Math.min(...truth, ...predicted);
  const high = Math.max(...truth, ...predicted);
  const place = (value) => 34 + ((value - low) / (high - low || 1)) * (size - 46);
  context.strokeStyle = tokens.line;
  context.strokeRect(30, 8, size - 38, size - 38);
  context.beginPath();
  context.moveTo(place(low), size - place(low));
  context.lineTo(place(high), size - place(high));
  context.strokeStyle = tokens.quiet;
  context.setLineDash([4, 3]);
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = tokens.accent;
  context.globalAlpha = 0.6;
  for (let index = 0; index < truth.length; index++) {
    context.beginPath();
    context.arc(place(truth[index]), size - place(predicted[index]), 2.4, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
  axes(context, size, low, high, tokens);
}

function axes(context, size, low, high, tokens) {
  context.fillStyle = tokens.quiet;
  context.font = `11px ${tokens.fonts?.text ?? "sans-serif"}`;
  context.textAlign = "left";
  context.fillText(short(low), 30, size - 16);
  context.textAlign = "right";
  context.fillText(short(high), size - 8, size - 16);
  context.textAlign = "center";
  context.fillText("true value", size / 2 + 10, size - 4);
  context.save();
  context.rotate(-Math.PI / 2);
  context.fillText("predicted value", -size / 2 + 10, 14);
  context.restore();
}
