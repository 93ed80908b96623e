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
const LIVE = "Moving it changes the network at its next step, and is kept with the run.";
const STILL = "Weights can be moved while a run trains or is paused. Press Train first.";

/** @returns {HTMLElement} */
export function createWeight(studio) {
  const { state, on, live } = studio;
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
    field.disable(!live());
    write(hint, live() ? LIVE : STILL);
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
  let [timer, latest] = [0, 0];
  const send = () => {
    timer = 0;
    const { node, out, from } = studio.state.link ?? {};
    const parameter = studio.weightName(node);
    if (node) studio.command({ kind: "weight", node, parameter, index: [out, from], value: latest });
  };
  studio.ending.push(() => clearTimeout(timer));
  return {
    busy: () => timer !== 0,
    change: (value, { final }) => {
      latest = value;
      if (!final) timer ||= setTimeout(send, OFTEN);
      else {
        clearTimeout(timer);
        send();
      }
    },
  };
}
