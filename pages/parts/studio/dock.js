// What is chosen in the network, on the left over the data: the settings of a layer, a neuron, or a link.

import { createChooser, createForm } from "./forms.js";
import { fit, give, make, write } from "./element.js";
import { createInspector } from "./inspect.js";
import { whole } from "./numbers.js";
import { createWeight } from "./weight.js";
import { dockHead, iconButton } from "./popover.js";
import { movable } from "./drag.js";
import { paintCurve } from "./tiles.js";

/** The first setting that can be seen, else the first button, else the dock itself. */
function first(dock) {
  const parts = [...dock.querySelectorAll("input, select"), ...dock.querySelectorAll("button")];
  return parts.find((part) => part.offsetParent && !part.disabled) ?? dock;
}

/** @returns {HTMLElement} */
export function createDock(studio) {
  const { state, on } = studio;
  const dock = make("section", {
    class: "ls-dock ls-card",
    "aria-label": "Chosen layer",
    hidden: true,
    tabindex: "-1",
  });
  const settings = createSettings(studio);
  const inspector = createInspector(studio);
  const weight = createWeight(studio);
  dock.append(settings.element, inspector, weight);
  dock.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    studio.select(null, { back: true });
  });
  on("selection draft", () => {
    dock.hidden = !(state.selected || state.neuron || state.link);
    settings.element.hidden = Boolean(state.neuron || state.link) || !state.selected;
    inspector.hidden = !state.neuron;
    weight.hidden = !state.link;
  });
  studio.focusDock = () => requestAnimationFrame(() => first(dock).focus());
  return dock;
}

function createSettings(studio) {
  const { state, on } = studio;
  const head = dockHead(studio, "");
  const help = make("p", { class: "ls-help" });
  const problem = make("p", { class: "ls-problem", role: "status" });
  const curve = make("canvas", { class: "ls-dock-curve", "aria-hidden": "true" });
  const facts = make("p", { class: "ls-facts" });
  const tools = toolbar(studio);
  const form = createLayerForm(studio);
  on("selection draft catalogue theme", () => {
    const box = studio.boxOf(state.selected);
    if (!box) return;
    const layer = studio.nodeOf(box.id)?.layer;
    const entry = state.catalogue?.layers.find(({ kind }) => kind === layer?.kind);
    write(head.name, entry ? `${entry.title} · ${box.id}` : box.title);
    write(help, entry?.help ?? (box.nodes ? blockWords(box) : "What goes into the network. Its settings are those of the data."));
    write(problem, box.problem ? `${box.problem.what} ${box.problem.fix}` : "");
    write(facts, box.shape_named ? `Gives ${box.shape_named} per sample.` : "");
    tools.update(box.id);
    form.update(box.id, layer, entry);
    drawCurve(studio, curve, layer);
  });
  const parts = [
    head.element,
    help,
    problem,
    tools.element,
    form.element,
    curve,
    facts,
    lookInside(studio),
  ];
  return { element: make("div", {}, parts) };
}

/** What a folded block is, in words. */
function blockWords({ nodes, times, alike, parameters }) {
  const copies = times > 1 ? ` in ${times} copies, ${alike ? "all" : "not all"} with the same settings` : "";
  return `A block of ${nodes.length} layers${copies}: ${whole(parameters ?? 0)} parameters. Press Block below to unfold or repeat it.`;
}

/** What kind of layer it is and its settings; made anew only when another kind or node is chosen. */
function createLayerForm(studio) {
  const { state } = studio;
  const kinds = createChooser("Layer", "What kind of layer this is.", [], (entry) =>
    studio.draft.edit({ kind: "choose", path: `network.${state.selected}`, entry }),
  );
  const body = make("div");
  let [form, drawn] = [null, ""];
  const update = (id, layer, entry) => {
    const key = `${id}:${entry?.kind}`;
    if (key !== drawn) {
      form = entry && createForm(entry.settings, `network.${id}`, studio.change);
      body.replaceChildren(...(form ? [form.element] : []));
      kinds.fill((state.catalogue?.layers ?? []).filter(({ group }) => group !== "output"));
    }
    drawn = key;
    kinds.element.hidden = !movable(studio, id);
    kinds.set(layer?.kind, null);
    form?.set(layer);
  };
  return { element: make("div", { class: "ls-form" }, kinds.element, body), update };
}

/** The way to the numbers of the layer's neurons that needs no mouse. */
function lookInside(studio) {
  const { state, on } = studio;
  const tip = "See the first neuron's inputs, weights and output, in numbers.";
  const button = make("button", { type: "button", class: "ls-button", "data-tip": tip }, "Look inside");
  button.addEventListener("click", () => {
    studio.pickNeuron({ node: state.selected, unit: 0 });
    studio.focusDock();
  });
  on("selection snapshot", () => {
    const known = (name) => state.snapshot?.arrays.has(`${name}/${state.selected}`);
    button.hidden = !["values", "maps", "filters", "states", "signals"].some(known);
  });
  return button;
}

function toolbar(studio) {
  const id = () => studio.state.selected;
  const order = (way) => () => {
    const boxes = studio.state.drawing.boxes.map((box) => box.id);
    const index = boxes.indexOf(id());
    studio.moveAfter(id(), boxes[way < 0 ? index - 2 : index + 1]);
  };
  const left = iconButton("left", "Move towards the input", "Move towards the input. Alt+←", order(-1));
  const right = iconButton("right", "Move towards the output", "Move towards the output. Alt+→", order(1));
  const copy = iconButton("duplicate", "Duplicate", "Add the same layer after this one.", () =>
    studio.draft.edit({ kind: "duplicate", node: id() }),
  );
  const remove = iconButton("remove", "Delete", "Remove this layer. Delete", () => studio.remove(id()));
  return {
    element: make(
      "div",
      { class: "ls-tools", role: "group", "aria-label": "Layer" },
      left,
      right,
      copy,
      remove,
    ),
    update: (box) => {
      const boxes = studio.state.drawing.boxes.map(({ id: other }) => other);
      const index = boxes.indexOf(box);
      const free = movable(studio, box);
      give(left, "disabled", !free || index < 2);
      give(right, "disabled", !free || index > boxes.length - 3);
      give(copy, "disabled", !free);
      give(remove, "disabled", !free);
      give(remove, "data-tip", free ? "Remove this layer. Delete" : "Input and Output stay: a network has both.");
    },
  };
}

/** The curve of the layer's activation, wherever one is chosen or the layer is one. */
function drawCurve(studio, canvas, layer) {
  const curve = layer && (studio.curve(layer.kind) ?? studio.curve(layer.activation));
  canvas.hidden = !curve;
  if (curve && studio.colours) paintCurve(fit(canvas, 176, 72), curve, 176, 72, studio.colours);
}
