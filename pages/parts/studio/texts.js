// Test texts with the class the network gives each, and one typed in.

import { createTyped } from "./typed.js";
import { give, make, write } from "./element.js";
import { visible } from "./sheet.js";

/** @returns {HTMLElement} */
export function createTexts(studio) {
  const { state, on } = studio;
  const own = createTyped(studio, "Try a text of your own");
  const said = make("p", { class: "ls-facts", "aria-live": "polite" });
  const body = make("tbody");
  const head = make("tr", {}, ["text", "true", "predicted"].map((name) => make("th", { scope: "col" }, name)));
  const table = make("table", { class: "ls-texts" }, make("thead", {}, head), body);
  const element = make("div", { class: "ls-text-view" }, own, said, make("div", { class: "ls-scroll" }, table));
  let lines = [];
  on("preview draft", () => {
    const texts = state.preview?.facts.texts;
    if (texts && state.drawing?.task.kind === "classification") lines = build(studio, body, texts);
  });
  on("snapshot preview draft sample", () => {
    if (state.drawing?.picture !== "text" || state.drawing.task.kind !== "classification") return;
    write(said, ownAnswer(state));
    judge(state, lines);
  });
  return element;
}

function build(studio, body, texts) {
  const indices = studio.state.preview.arrays.get("grid/index").data;
  const lines = texts.slice(0, 64).map(({ input, target }, index) => {
    const answer = make("td");
    const words = visible([Object.values(input).join(" · ")])[0];
    const pick = make(
      "button",
      {
        type: "button",
        class: "ls-link",
        "data-tip": "Follow this text through the network.",
        onclick: () => studio.chooseSample(indices[index]),
      },
      words || "␣",
    );
    const row = make("tr", {}, make("td", {}, pick), make("td", {}, target), answer);
    return { row, answer, target, sample: indices[index] };
  });
  body.replaceChildren(...lines.map(({ row }) => row));
  return lines;
}

function judge(state, lines) {
  const predicted = state.snapshot?.arrays.get("grid/predicted")?.data;
  const sure = state.snapshot?.arrays.get("grid/confidence")?.data;
  const { classes } = state.drawing.task;
  lines.forEach(({ row, answer, target, sample }, index) => {
    const name = predicted && index < predicted.length ? classes[predicted[index]] : null;
    write(answer, name === null ? "" : `${name} ${Math.round(sure[index] / 2.55)} %`);
    give(answer, "data-right", name === null ? null : String(name === target));
    give(row, "aria-selected", !state.gaze.typed && sample === state.sample && "true");
  });
}

/** What the network says of the text that was typed, the three likeliest first. */
function ownAnswer({ snapshot, drawing, gaze }) {
  const sample = snapshot?.facts.sample;
  if (!gaze.typed || !sample?.typed) return "";
  const best = sample.scores
    .map((share, index) => ({ share, name: drawing.task.classes[index] }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 3);
  return best.map(({ share, name }) => `${name} ${Math.round(100 * share)} %`).join(" · ");
}
