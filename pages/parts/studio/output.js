// What the network answers, drawn as the task asks: a surface, pictures, texts, a forecast, or a table.

import { createAnswers } from "./answers.js";
import { give, make, write } from "./element.js";
import { createExchange } from "./exchange.js";
import { createForecast } from "./forecast.js";
import { score, whole } from "./numbers.js";
import { createPictures } from "./pictures.js";
import { createRestored } from "./restored.js";
import { createSurface, hasHoles } from "./surface.js";
import { createTexts } from "./texts.js";
import { createWriting } from "./writing.js";

/** The views that belong to one task; other tasks are seen by what their data looks like. */
const TASKS = {
  next_token: "writing",
  sequence_to_sequence: "exchange",
  forecast: "forecast",
  reconstruction: "restored",
};

/** @returns {HTMLElement} */
export function createOutput(studio) {
  const { state, on } = studio;
  const switches = { discretise: false, tests: false };
  const title = make("h3", {}, "Output");
  const toggles = [
    toggle(
      "Discretise",
      "Show only which side of the boundary, without how sure.",
      "discretise",
      switches,
      studio,
    ),
    toggle(
      "Test samples",
      "Show the samples it is judged on at the end, as diamonds.",
      "tests",
      switches,
      studio,
    ),
  ];
  const views = {
    plane: createSurface(studio, switches),
    image: createPictures(studio),
    table: createAnswers(studio),
    text: createTexts(studio),
    writing: createWriting(studio),
    exchange: createExchange(studio),
    forecast: createForecast(studio),
    restored: createRestored(studio),
  };
  const caption = make("p", { class: "ls-facts ls-caption" });
  const baseline = make("p", {
    class: "ls-facts ls-caption",
    "data-tip": "What is reached on the validation samples without learning from the inputs: the figure to beat.",
  });
  const answer = make("p", { class: "ls-facts ls-answer", "data-tip": "How sure the network is of each class, for the sample you chose." });
  const body = make("div", { class: "ls-output-body" }, Object.values(views));

  on("draft preview snapshot hover run", () => {
    const picture = state.drawing?.picture;
    const chosen = viewOf(state.drawing);
    for (const [name, view] of Object.entries(views)) view.hidden = name !== chosen;
    give(body, "data-view", chosen);
    write(answer, answerOf(state, chosen));
    answer.hidden = !answer.textContent;
    write(baseline, toBeat(state.snapshot?.facts.baseline) + verdict(studio));
    baseline.hidden = !baseline.textContent;
    for (const button of toggles) button.hidden = picture !== "plane";
    const { hovered } = state;
    write(
      title,
      hovered && picture === "plane"
        ? `${studio.titleOf(hovered.node)} · neuron ${hovered.unit + 1}`
        : "Output",
    );
    write(caption, told(studio));
  });
  return make(
    "section",
    { class: "ls-output ls-card", "aria-label": "Output" },
    make("header", {}, title, make("span", { class: "ls-space" }), toggles),
    body,
    answer,
    caption,
    baseline,
  );
}

/** The name of the view for a drawing. */
function viewOf(drawing) {
  if (!drawing) return null;
  const picture = drawing.picture === "series" ? "table" : drawing.picture;
  return picture === "plane" ? picture : (TASKS[drawing.task.kind] ?? picture);
}

/** What is reached without learning from the inputs, as a line. */
function toBeat(baseline) {
  if (!baseline) return "";
  const { what, title, unit, value } = baseline;
  return `To beat: ${what.toLowerCase()}, ${title.length > 4 ? title.toLowerCase() : title} ${score(value, unit)}`;
}

/** The likeliest classes of the chosen sample, where they are not drawn anyway. */
function answerOf({ snapshot, drawing }, view) {
  const { scores, target } = snapshot?.facts.sample ?? {};
  if (drawing?.task.kind !== "classification" || !["image", "table"].includes(view) || !scores?.length) return "";
  const name = (index) => drawing.task.classes?.[index] ?? String(index);
  const order = scores.map((_, index) => index).sort((one, other) => scores[other] - scores[one]);
  const best = order.slice(0, 3).map((index) => `${name(index)} ${score(scores[index], "%")}`);
  return `Chosen sample: ${best.join(", ")}${target === null || target === undefined ? "" : `; true: ${name(target)}`}`;
}

/** Says of a run that is over when it learned nothing that helps. */
function verdict({ state, views }) {
  const { baseline } = state.snapshot?.facts ?? {};
  if (!baseline || !state.run?.over || state.back !== null || views?.untrained()) return "";
  const judged = state.run.ended?.test?.[baseline.metric]; // at the end; a run stopped early may have nothing newer
  const reached = judged ?? state.run.series.get(`validation_${baseline.metric}`)?.last;
  const metric = state.catalogue?.metrics.find(({ kind }) => kind === baseline.metric);
  if (reached === undefined || !metric) return "";
  const better = metric.higher_is_better ? reached > baseline.value : reached < baseline.value;
  return better ? "" : `. This run ended no better: ${score(reached, metric.unit)}`;
}

function toggle(title, tip, name, switches, studio) {
  const button = make(
    "button",
    {
      type: "button",
      class: "ls-chip",
      "aria-pressed": "false",
      "data-tip": tip,
      onclick: () => {
        switches[name] = !switches[name];
        give(button, "aria-pressed", String(switches[name]));
        studio.tell("switches");
      },
    },
    title,
  );
  return button;
}

/** One line under the picture: which state of the network it shows. */
function told({ state, views }) {
  if (state.drawing && !state.drawing.ready) return state.problems[0]?.what ?? "The network is not complete yet.";
  if (!state.snapshot) return "Drawing the untrained network…";
  if (views?.untrained()) return state.run ? "Your changed network, untrained." : "Untrained: random weights. Press Train.";
  const ended = state.run?.over && state.back === null; // the picture of an end is asked for without a step
  const step = ended ? (state.run.progress?.step ?? 0) : state.snapshot.step;
  const holes = hasHoles(state.snapshot) ? " Hatched: the answer there is no number." : "";
  const wrong = viewOf(state.drawing) === "image" ? " Wrong ones: predicted ≠ true." : "";
  return `After step ${whole(step)}.${holes}${wrong}`;
}
