// A grid of test pictures with the predicted class; wrong ones are marked and show the true class too.

import { fit, give, make, write } from "./element.js";
import { paintPicture } from "./tiles.js";

const SIZE = 20; // pixels of a picture
const LETTERS = 2; // of a class' name under it; the tip has all of it

/** @returns {HTMLElement} */
export function createPictures(studio) {
  const { state, on } = studio;
  const element = make("div", {
    class: "ls-pictures",
    role: "group",
    "aria-label": "Test samples with the predicted class",
  });
  const cells = [];
  on("preview theme", () => {
    const images = state.preview?.arrays.get("grid/images");
    if (!images || !studio.colours) return;
    build(studio, element, cells, images);
  });
  on("snapshot preview draft sample", () => {
    if (cells.length && state.drawing?.picture === "image") judge(studio, cells);
  });
  return element;
}

function build(studio, element, cells, images) {
  const [count] = images.shape;
  const indices = studio.state.preview.arrays.get("grid/index")?.data;
  while (cells.length > count) cells.pop().button.remove();
  for (let index = 0; index < count; index++) {
    cells[index] ??= createCell(studio, element, index);
    cells[index].sample = indices ? indices[index] : index;
    const context = fit(cells[index].canvas, SIZE, SIZE);
    paintPicture(context, images, index, studio.colours, 0, 0, SIZE);
  }
}

function createCell(studio, element, index) {
  const cell = { canvas: make("canvas", { "aria-hidden": "true" }), words: make("span"), sample: index };
  cell.button = make(
    "button",
    { type: "button", class: "ls-picture", onclick: () => studio.chooseSample(cell.sample) },
    cell.canvas,
    cell.words,
  );
  element.append(cell.button);
  return cell;
}

function judge({ state }, cells) {
  if (state.drawing.task.kind === "multi_label") return judgeLabels(state, cells);
  const predicted = state.snapshot?.arrays.get("grid/predicted")?.data;
  const confidence = state.snapshot?.arrays.get("grid/confidence")?.data;
  const truth = state.preview?.arrays.get("grid/true")?.data;
  const name = (index) => state.drawing.task.classes?.[index] ?? String(index);
  const brief = (index) => [...name(index)].slice(0, LETTERS).join("");
  cells.forEach(({ button, words, sample }, index) => {
    const answer = predicted?.[index];
    const right = answer === undefined ? null : answer === truth?.[index];
    write(
      words,
      right === null
        ? brief(truth?.[index])
        : right
          ? brief(answer)
          : `${brief(answer)}≠${brief(truth[index])}`,
    );
    give(button, "data-right", right === null ? null : String(right));
    give(button, "aria-pressed", String(sample === state.sample));
    const sure = confidence ? `, ${Math.round(confidence[index] / 2.55)} % sure` : "";
    const text =
      right === null
        ? `True class ${name(truth?.[index])}.`
        : `Predicted ${name(answer)}${sure}; true class ${name(truth?.[index])}: ${right ? "right" : "wrong"}.`;
    give(button, "aria-label", `${words.textContent}: ${text}`);
    give(button, "data-tip", `${text} Click to follow it through the network.`);
  });
  return undefined;
}

/** Pictures with several labels each: how many are told right, and which in words. */
function judgeLabels({ snapshot, preview, drawing, sample: chosen }, cells) {
  const { classes } = drawing.task;
  const labels = (data, index) =>
    data && data.length >= (index + 1) * classes.length
      ? classes.filter((_, place) => data[index * classes.length + place])
      : null;
  const words = (names) => names.join(", ") || "none";
  cells.forEach(({ button, words: line, sample }, index) => {
    const truth = labels(preview?.arrays.get("grid/true")?.data, index) ?? [];
    const said = labels(snapshot?.arrays.get("grid/predicted")?.data, index);
    const wrong = classes.filter((name) => said && said.includes(name) !== truth.includes(name));
    write(line, said ? (wrong.length ? `${wrong.length} ≠` : "✓") : "");
    give(button, "data-right", said ? String(!wrong.length) : null);
    give(button, "aria-pressed", String(sample === chosen));
    const text = `${said ? `Predicted: ${words(said)}. ` : ""}True: ${words(truth)}.`;
    give(button, "aria-label", text);
    give(button, "data-tip", `${text} Click to follow it through the network.`);
  });
}
