// One link: its weight, and a slider that changes it in the run.

import { make, write } from "./element.js";
import { createField } from "./forms.js";
import { column } from "./numbers.js";
import { dockHead } from "./popover.js";

const OFTEN = 40; // milliseconds between two values while the slider is dragged
const SETTING = {
  name: "weight",
  title: "Weight",
  form: "real",
  low: -5,
  high: 5,
  step: 0.01,
  default: 0,
  unit: "",
  choices: [],
  help: "How strongly this input pulls the neuron up (positive) or down (negative).",
};
const LIVE = "Moving it changes the network at once, and is kept with the run. Undo moves it back.";
const STILL = "Weights can be moved while a run trains or is paused. Press Train first.";

/** @returns {HTMLElement} */
export function createWeight(studio) {
  const { state, on, steers } = studio;
  const head = dockHead(studio, "Weight");
  const words = make("p", { class: "ls-help" });
  const hint = make("p", { class: "ls-facts" });
  const sender = createSender(studio);
  const field = createField(SETTING, "", sender.change);
  on("selection snapshot run", () => {
    if (!state.link || !state.drawing) return;
    const value = weightOf(state);
    write(words, sentence(studio, value));
    if (value !== undefined && !sender.busy()) field.set(value);
    const movable = steers();
    field.disable(!movable);
    write(hint, movable ? LIVE : STILL);
  });
  return make("div", { class: "ls-weight" }, head.element, words, field.element, hint);
}

function weightOf({ link, snapshot }) {
  const weights = snapshot?.arrays.get(`weights/${link.node}`);
  return weights?.data[link.out * weights.shape[1] + link.from];
}

function sentence(studio, value) {
  const { node, out, from } = studio.state.link;
  const source = studio.boxOf(node)?.inputs?.[0] ?? "input";
  return (
    `From ${studio.nameOf(source, from)} of ${source} to neuron ${out + 1} of ${node}: ` +
    `each output is multiplied by ${column(value ?? NaN)}.`
  );
}

/** Sends the weight to the run: now and then while it is dragged, and always its last value. */
function createSender(studio) {
  const { state } = studio;
  let [timer, moved, known] = [0, null, null]; // moved: what undo needs to know of the weight
  const send = () => {
    timer = 0;
    const { run, before, after, ...place } = moved.weight;
    if (studio.live() && state.run.id === run) studio.command({ kind: "weight", ...place, value: after });
  };
  /** A weight begins to be moved: from here on it is one step of undo. */
  const begin = (gesture) => {
    if (gesture && gesture === known) return;
    known = gesture;
    const { node, out, from } = state.link;
    const place = { node, parameter: studio.weightName(node), index: [out, from] };
    moved = { weight: { run: state.run.id, ...place, before: weightOf(state), after: 0 } };
    studio.draft.remember(gesture, moved);
  };
  studio.ending.push(() => clearTimeout(timer));
  return {
    busy: () => timer !== 0,
    change: (value, { final, gesture }) => {
      if (!state.link || !studio.live()) return;
      begin(gesture);
      moved.weight.after = value;
      if (!final) timer ||= setTimeout(send, OFTEN);
      else {
        clearTimeout(timer);
        send();
      }
    },
  };
}
