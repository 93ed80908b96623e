// How far the run is: figures of a fixed width, so that nothing jumps.

import { make, write } from "./element.js";
import { brief, clock, whole } from "./numbers.js";

/** What is not known of a run that does not move. */
const STILL = { steps_per_second: null, samples_per_second: null, remaining: null };

const LONG = 1e5; // from here on epochs are told in thousands

const COUNTERS = [
  [
    "Epoch",
    "Passes over all training samples, of how many.",
    ({ epoch, epochs }) => `${epoch < LONG ? (epoch ?? "–") : brief(epoch)}/${epochs < LONG ? (epochs ?? "∞") : brief(epochs)}`,
  ],
  ["Step", "Updates of the weights so far, one per batch.", ({ step }) => whole(step)],
  ["Steps/s", "Updates per second.", ({ steps_per_second: speed }) => brief(speed)],
  ["Samples/s", "Training samples seen per second.", ({ samples_per_second: speed }) => brief(speed)],
  [
    "Elapsed",
    "Time spent training, pauses left out, in minutes and seconds.",
    ({ seconds }) => clock(seconds),
  ],
  ["Left", "Time to go at this speed, in minutes and seconds.", ({ remaining }) => clock(remaining)],
];

/** How far the run is. */
function nowOf({ run, draft }) {
  const progress = run?.progress ?? { epoch: 0, epochs: draft?.training?.epochs, step: 0 };
  const still = run && (run.over || run.state === "paused");
  return still ? { ...progress, ...STILL } : progress;
}

/** How far it was at the moment that is looked at; nothing when that is now. */
function pastOf({ back, run, snapshot }) {
  if (back === null) return null;
  const epoch = snapshot?.step === back ? snapshot.epoch : null;
  return { epoch, epochs: run.progress?.epochs, step: back, seconds: null, ...STILL };
}

/** @returns {HTMLElement} */
export function createCounters(studio) {
  const { state, on } = studio;
  const cells = COUNTERS.map(([title, tip, value]) => {
    const [name, figure] = [make("dt", {}, title), make("dd", {}, "–")];
    const element = make("div", { class: "ls-counter", "data-tip": tip }, name, figure);
    return { figure, value, element };
  });
  on("run draft back snapshot", () => {
    const now = pastOf(state) ?? nowOf(state);
    for (const { figure, value } of cells) write(figure, value(now));
  });
  return make(
    "dl",
    { class: "ls-counters" },
    cells.map(({ element }) => element),
  );
}
