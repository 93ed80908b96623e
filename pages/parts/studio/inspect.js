// One neuron with the numbers of the chosen sample: inputs times weights, their sum, the bend, the output.

import { fit, make, write } from "./element.js";
import { createLens } from "./lens.js";
import { column, short } from "./numbers.js";
import { dockHead } from "./popover.js";
import { paintMaps } from "./tiles.js";

const ROWS = 40; // the largest products are listed; the rest is one line

/** @returns {HTMLElement} */
export function createInspector(studio) {
  const { state, on } = studio;
  const head = dockHead(studio, "");
  const picture = make("canvas", { class: "ls-inspect-map", "aria-hidden": "true" });
  const pager = make(
    "div",
    { class: "ls-pager" },
    make(
      "button",
      { type: "button", class: "ls-button", onclick: () => studio.nextNeuron(-1) },
      "Previous",
    ),
    make("button", { type: "button", class: "ls-button", onclick: () => studio.nextNeuron(1) }, "Next"),
  );
  const sample = make("p", { class: "ls-facts" });
  const table = make("table", { class: "ls-products" });
  const formula = make("p", { class: "ls-formula" });
  const lens = createLens(studio);
  on("selection snapshot theme", () => {
    if (!state.neuron || !state.drawing) return;
    const facts = told(studio, state.neuron);
    const sheet = lens.show(state.neuron);
    const kind = facts.filter ? "filter" : "neuron";
    const last = state.neuron.node === state.drawing.boxes.at(-1).id;
    const named = last ? studio.nameOf(state.neuron.node, state.neuron.unit) : `${kind} ${state.neuron.unit + 1}`;
    const of = sheet ? sheet.title : named;
    write(head.name, `${facts.title} · ${state.neuron.node} · ${of}`);
    for (const part of [table, formula, pager]) part.hidden = Boolean(sheet);
    write(sample, facts.about);
    table.replaceChildren(...rows(facts));
    formula.replaceChildren(...sentence(facts));
    draw(studio, picture, state.neuron);
  });
  return make("div", { class: "ls-inspector" }, head.element, picture, sample, lens.element, table, formula, pager);
}

/** The numbers of one neuron, as far as the snapshot has them. */
function told({ state, nodeOf, curve, nameOf }, { node, unit }) {
  const arrays = state.snapshot?.arrays;
  const box = state.drawing.boxes.find(({ id }) => id === node);
  const read = (name) => arrays?.get(`${name}/${node}`);
  const weights = read("weights");
  const from = box?.inputs?.[0] ?? "input";
  const inputs = arrays?.get(`values/${from}`);
  const layer = nodeOf(node)?.layer;
  const count = weights?.shape[1] ?? 0;
  const products =
    weights && inputs
      ? Array.from({ length: count }, (_, index) => {
          const weight = weights.data[unit * count + index];
          return {
            name: nameOf(from, index),
            input: inputs.data[index],
            weight,
            product: inputs.data[index] * weight,
          };
        })
      : [];
  const sample = state.snapshot?.facts.sample;
  return {
    title: box?.title ?? node,
    products,
    bias: read("bias")?.data[unit],
    sum: read("sums")?.data[unit],
    output: read("values")?.data[unit],
    bend: curve(layer?.activation) ? layer.activation : null,
    filter: filterOf(state, node, unit),
    dead: Boolean(read("dead")?.data[unit]),
    about: aboutOf(state, sample),
  };
}

/** What is followed through the network, in words. */
function aboutOf(state, sample) {
  if (!sample) return "Nothing is known yet.";
  if (sample.typed) return "For the text that was typed.";
  return `For the chosen sample, number ${sample.index + 1}${truth(state, sample)}.`;
}

/** A convolution's filter for its first input channel, as rows of numbers. */
function filterOf({ snapshot }, node, unit) {
  const filters = snapshot?.arrays.get(`filters/${node}`);
  if (!filters || unit >= filters.shape[0]) return null;
  const [, channels, height, width] = filters.shape;
  const scale = (snapshot.facts.scales?.[`filters/${node}`] ?? 1) / 127;
  const start = unit * channels * height * width;
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, place) => filters.data[start + row * width + place] * scale),
  );
}

function truth({ drawing }, { target }) {
  const name =
    drawing.task.classes?.[target] ?? (typeof target === "number" ? short(target) : null);
  return name === null
    ? ""
    : `, whose true ${drawing.task.kind === "classification" ? "class" : "value"} is ${name}`;
}

function rows({ products, bias, filter }) {
  if (filter) return filterRows(filter, bias);
  if (!products.length) return [];
  const head = ["Input", "value", "× weight", "= product"];
  const largest = [...products].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, ROWS);
  const listed = products.filter((product) => largest.includes(product));
  const rest = products
    .filter((product) => !largest.includes(product))
    .reduce((sum, { product }) => sum + product, 0);
  const lines = listed.map(({ name, input, weight, product }) => [
    name,
    column(input),
    column(weight),
    column(product),
  ]);
  if (listed.length < products.length)
    lines.push([`${products.length - listed.length} smaller`, "", "", column(rest)]);
  if (bias !== undefined) lines.push(["bias", "", "", column(bias)]);
  return [
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        head.map((text) => make("th", { scope: "col" }, text)),
      ),
    ),
    make(
      "tbody",
      {},
      lines.map((line) =>
        make(
          "tr",
          {},
          line.map((text, index) => make(index ? "td" : "th", index ? {} : { scope: "row" }, text)),
        ),
      ),
    ),
  ];
}

function filterRows(filter, bias) {
  const lines = filter.map((line) =>
    make(
      "tr",
      {},
      line.map((value) => make("td", {}, column(value))),
    ),
  );
  const tail = bias === undefined ? "" : `; bias ${column(bias)}`;
  const words = `Its filter, for the first input channel${tail}.`;
  return [make("caption", {}, words), make("tbody", {}, lines)];
}

/** The formula, filled in: sum = …, and what the activation makes of it. */
function sentence({ products, bias, sum, output, bend, dead }) {
  const lines = [];
  if (sum !== undefined) {
    const terms = [...products].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, 3);
    const shown = terms
      .map(({ product }) => column(product))
      .join(" + ")
      .replaceAll("+ −", "− ");
    const more = products.length > terms.length ? " + …" : "";
    const tail = bias === undefined ? "" : ` ${bias < 0 ? "−" : "+"} ${column(Math.abs(bias))}`;
    lines.push(`sum = ${products.length ? shown + more + tail : ""} = ${column(sum)}`.replace("=  =", "="));
  }
  if (output !== undefined)
    lines.push(
      bend
        ? `output = ${bend.replaceAll("_", " ")}(${column(sum ?? NaN)}) = ${column(output)}`
        : `output = ${column(output)}`,
    );
  if (dead) lines.push("Dead: its output is 0 for every sample, so it learns nothing.");
  return lines.map((line) => make("span", {}, line));
}

function draw(studio, canvas, { node, unit }) {
  const maps = studio.state.snapshot?.arrays.get(`maps/${node}`);
  canvas.hidden = !maps || unit >= maps.shape[0] || !studio.colours;
  if (canvas.hidden) return;
  const [, height, width] = maps.shape;
  const one = {
    data: maps.data.subarray(unit * height * width, (unit + 1) * height * width),
    shape: [1, height, width],
  };
  const plane = studio.state.drawing.picture === "plane";
  paintMaps(fit(canvas, 120, 120), { columns: 1, size: 120, shown: 1 }, one, studio.colours, {
    flip: plane,
    sharp: !plane,
  });
}
