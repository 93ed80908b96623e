// One link: its weight, and a slider that changes it in the run.

import { dockHead } from "./popover.js";
import { make, write } from "./element.js";
import { createField } from "./forms.js";
import { column } from "./numbers.js";

const RANGE = 5; // the slider reaches from minus to plus this

/** @returns {HTMLElement} */
export function createWeight(studio) {
  const { state, on } = studio;
  const head = dockHead(studio, "Weight");
  const words = make("p", { class: "ls-help" });
  const hint = make("p", { class: "ls-facts" });
  let latest = null;
  let timer = 0;
  const send = () => {
    timer = 0;
    const { node, out, from } = state.link ?? {};
    if (node) studio.command({ kind: "weight", node, parameter: studio.weightName(node), index: [out, from], value: latest });
  };
  const field = createField({ name: "weight", title: "Weight", form: "real", low: -RANGE, high: RANGE, step: 0.01, default: 0,
    help: "How strongly this input pulls the neuron up (positive) or down (negative).", unit: "", choices: [] }, "", (value, { final }) => {
    latest = value;
    if (final) clearTimeout(timer), send();
    else timer ||= setTimeout(send, 40);
  });
  on("selection snapshot run", () => {
    if (!state.link || !state.drawing) return;
    const { node, out, from } = state.link;
    const weights = state.snapshot?.arrays.get(`weights/${node}`);
    const value = weights?.data[out * weights.shape[1] + from];
    const source = state.drawing.boxes.find(({ id }) => id === node)?.inputs?.[0] ?? "input";
    write(words, `From ${studio.nameOf(source, from)} of ${source} to neuron ${out + 1} of ${node}: ` +
      `each output is multiplied by ${column(value ?? NaN)}.`);
    if (value !== undefined && !timer) field.set(value);
    field.disable(!studio.live());
    write(hint, studio.live() ? "Moving it changes the network at its next step, and is kept with the run."
      : "Weights can be moved while a run trains or is paused. Press Train first.");
  });
  studio.ending.push(() => clearTimeout(timer));
  return make("div", { class: "ls-weight" }, head.element, words, field.element, hint);
}
