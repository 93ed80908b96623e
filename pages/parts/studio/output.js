// What the network answers: a surface with the samples, a grid of pictures, or predicted against true.

import { createAnswers } from "./answers.js";
import { give, make, write } from "./element.js";
import { createPictures } from "./pictures.js";
import { whole } from "./numbers.js";
import { createSurface, hasHoles } from "./surface.js";

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
  };
  const caption = make("p", { class: "ls-facts ls-caption" });
  const body = make("div", { class: "ls-output-body" }, Object.values(views));

  on("draft preview snapshot hover run", () => {
    const picture = state.drawing?.picture;
    for (const [name, view] of Object.entries(views)) view.hidden = name !== picture;
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
    caption,
  );
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
  if (views?.untrained()) return "Untrained: random weights. Press Train.";
  const step = state.run?.over ? (state.run.progress?.step ?? 0) : state.snapshot.step;
  const holes = hasHoles(state.snapshot) ? " Hatched: the answer there is no number." : "";
  const wrong = state.drawing?.picture === "image" ? " Wrong ones: predicted ≠ true." : "";
  return `After step ${whole(step)}.${holes}${wrong}`;
}
