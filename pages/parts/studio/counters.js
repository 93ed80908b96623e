// How far the run is: figures of a fixed width, so that nothing jumps.

import { give, make, write } from "./element.js";
import { brief, clock, whole } from "./numbers.js";

/** What is not known of a run that does not move. */
const STILL = { steps_per_second: null, samples_per_second: null, remaining: null };

const SPEED = "Steps/s";

const COUNTERS = [
  [
    "Epoch",
    "Passes over all training samples, of how many.",
    ({ epoch, epochs }) => `${epoch}/${epochs ?? "∞"}`,
  ],
  ["Step", "Updates of the weights so far, one per batch.", ({ step }) => whole(step)],
  [SPEED, "Updates per second.", ({ steps_per_second: speed }) => brief(speed)],
  ["Samples/s", "Training samples seen per second.", ({ samples_per_second: speed }) => brief(speed)],
  [
    "Elapsed",
    "Time spent training, pauses left out, in minutes and seconds.",
    ({ seconds }) => clock(seconds),
  ],
  ["Left", "Time to go at this speed, in minutes and seconds.", ({ remaining }) => clock(remaining)],
];

/** @returns {HTMLElement} */
export function createCounters(studio) {
  const { state, on } = studio;
  const cells = COUNTERS.map(([title, tip, value]) => {
    const [name, figure] = [make("dt", {}, title), make("dd", {}, "–")];
    const element = make("div", { class: "ls-counter", "data-tip": tip }, name, figure);
    return { title, tip, name, figure, value, element };
  });
  on("run draft", () => {
    const progress = state.run?.progress ?? { epoch: 0, epochs: state.draft?.training?.epochs, step: 0 };
    const still = state.run && (state.run.over || state.run.state === "paused");
    const now = still ? { ...progress, ...STILL } : progress;
    for (const { figure, value } of cells) write(figure, value(now));
    showTurbo(
      cells.find(({ title }) => title === SPEED),
      state.run?.turbo,
    );
  });
  return make(
    "dl",
    { class: "ls-counters" },
    cells.map(({ element }) => element),
  );
}

/** Says at the speed whether compiled steps are used, without moving anything. */
function showTurbo({ title, tip, name, element }, turbo) {
  const marks = { compiling: " …", on: ` ×${turbo?.gain.toFixed(1)}` };
  const words = {
    compiling: " Turbo: the steps are being compiled beside the run.",
    on: ` Turbo is on: compiled steps since step ${turbo?.step}, ${turbo?.gain.toFixed(1)} times as fast.`,
    off: ` Turbo is off. ${turbo?.reason}`,
  };
  write(name, title + (marks[turbo?.state] ?? ""));
  give(element, "data-turbo", turbo?.state);
  give(element, "data-tip", tip + (words[turbo?.state] ?? ""));
}
