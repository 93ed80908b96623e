// One step of training as a row of stages, each with its words: batch, forward, loss, backward, update.

import { short, whole } from "./numbers.js";

/** @typedef {{phase: string, layer: object|null}} Stage */

export const PHASES = ["batch", "forward", "loss", "backward", "update"];
const FAINT = 1e-3; // a gradient so much smaller than that of the last layer hardly teaches

/** @returns {Stage[]} the stages of a step in their order, as core/engine/slow.py told it */
export function stagesOf({ layers }) {
  const of = (phase, some) => some.map((layer) => ({ phase, layer }));
  const back = [...layers].reverse().filter(({ slope, parameters }) => slope !== null || parameters.length);
  return [
    { phase: "batch", layer: null },
    ...of("forward", layers),
    { phase: "loss", layer: null },
    ...of("backward", back),
    ...of("update", layers.filter(({ parameters }) => parameters.length)),
  ];
}

/** What a bar shows of a layer in a phase: how widely it answers, how large its gradient is, how far it moved. */
export function sizeOf(layer, phase) {
  if (phase === "forward") return layer.spread;
  if (phase === "backward") return layer.slope ?? Math.hypot(...layer.parameters.map(({ gradient }) => gradient ?? 0));
  if (phase !== "update" || !layer.parameters.length) return null;
  return Math.hypot(...layer.parameters.map(({ moved }) => moved ?? 0)) / (sizeOfAll(layer) || 1);
}

export const BARS = {
  forward: "Spread of each layer's output",
  backward: "Gradient at each layer",
  update: "How far each layer's weights moved, as a share of their size",
};

function sizeOfAll({ parameters }) {
  return Math.hypot(...parameters.map(({ size }) => size ?? 0));
}

/** The sentences of a stage. `titleOf` gives the name of a layer for a reader. */
export function sentencesOf(told, { phase, layer }, taskOf) {
  const words = { batch: batchWords, forward: forwardWords, loss: lossWords, backward: backwardWords, update: updateWords };
  return words[phase](told, layer, taskOf).filter(Boolean);
}

function batchWords({ batch, input }) {
  const { samples, rows, parts } = batch;
  const named = rows.map((row) => whole(row)).join(", ");
  return [
    `${whole(samples)} training samples are drawn: ${samples > rows.length ? `rows ${named} … of the data` : `rows ${named} of the data`}.`,
    `Their numbers: mean ${short(input.mean)}, spread ${short(input.spread)}, from ${short(input.least)} to ${short(input.most)}.`,
    parts > 1 && `The step works them off in ${parts} parts; here they are told as one.`,
  ];
}

function forwardWords(_, { neuron, first, mean, spread, least, most, zeros }) {
  return [
    neuron ? sumWords(neuron, first[0]) : `First sample: ${first.map((value) => short(value)).join(", ")}${first.length > 5 ? " …" : ""}`,
    `Over the batch: mean ${short(mean)}, spread ${short(spread)}, from ${short(least)} to ${short(most)}.`,
    zeros >= 0.005 && `${Math.round(100 * zeros)} % of its outputs are exactly 0.`,
  ];
}

/** Neuron 1, first sample: 0.39·0.67 − 0.003·0.62 − 0.45 = −0.19, bent to −0.08 */
function sumWords({ inputs, weights, others, bias, sum }, output) {
  const terms = weights.map((weight, place) => `${short(weight)} · ${bracketed(inputs[place])}`);
  const rest = others ? ` + … ${whole(others)} more` : "";
  const end = output !== null && Math.abs(output - sum) > 1e-6 * Math.abs(sum) ? `, bent to ${short(output)}` : "";
  return `Neuron 1, first sample: ${terms.join(" + ")}${rest}${bias === null ? "" : ` + bias ${short(bias)}`} = ${short(sum)}${end}`;
}

const bracketed = (value) => (value < 0 ? `(${short(value)})` : short(value));

function lossWords({ loss, batch }) {
  return [
    `How wrong the answers to these ${whole(batch.samples)} samples are, in one number: ${short(loss.value, 4)}.`,
    loss.penalty ? `The regularisation adds ${short(loss.penalty)} for large weights.` : "",
    "Now the way back begins: how would this number change if each output, and each weight, were a little larger?",
  ];
}

function backwardWords({ layers }, { slope, parameters }) {
  const last = layers.findLast((layer) => layer.slope)?.slope;
  const share = slope !== null && last ? slope / last : null;
  return [
    slope === null ? "" : `The loss reacts to this layer's outputs with a gradient of length ${short(slope)}.`,
    ...namedOf(parameters).map(({ name, gradient, count }) =>
      gradient === null
        ? `${name}: frozen, no gradient.`
        : `${name}: a gradient of length ${short(gradient)} over ${whole(count)} numbers.`,
    ),
    share !== null && share < FAINT && "That is less than a thousandth of the last layer's: hardly anything to learn from arrives here (a vanishing gradient).",
    share > 1 / FAINT && "That is more than a thousand times the last layer's: it grows on its way back (an exploding gradient).",
  ];
}

function updateWords({ update }, { parameters }) {
  const { rule, rate, clip, gradient } = update;
  const cut = clip !== null && gradient > clip ? `All gradients together were ${short(gradient)} long and were shortened to ${short(clip)}.` : "";
  return [
    `${rule}, learning rate ${short(rate)}.`,
    cut,
    ...namedOf(parameters).map(({ name, size, moved, one }) => {
      if (one === null) return `${name}: frozen, stays as it is.`;
      const share = size ? ` (${short((100 * moved) / size, 2)} % of their length)` : "";
      const at = one.index.length ? `[${one.index.map((place) => place + 1).join(", ")}]` : "";
      return `${name}: moved by ${short(moved)}${share}. Steepest${at && ` at ${at}`}: gradient ${short(one.gradient)}, ${short(one.before, 4)} → ${short(one.after, 4)}.`;
    }),
  ];
}

/** Parameters with names for a reader: `0.weight` is Weights; of a block of layers, with the kind of the one it is of. */
function namedOf(parameters) {
  return parameters.map((one) => {
    const path = one.name.split(".").filter((word) => !/^\d+$/.test(word));
    const last = { weight: "weights", bias: "biases" }[path.at(-1)] ?? path.at(-1).replaceAll("_", " ");
    const words = path.length > 1 ? [...path.slice(0, -1), one.of, last].join(" ").replaceAll("_", " ") : last;
    return { ...one, name: words.charAt(0).toUpperCase() + words.slice(1) };
  });
}
