// The strip of hyperparameters: loss, optimizer, learning rate, batch size, epochs, regularisation, schedule, seed.

import { createChooser, createField, createForm } from "./forms.js";
import { give, make } from "./element.js";
import { icon } from "./icons.js";
import { createPopover } from "./popover.js";

const SHOWN = ["batch_size", "epochs", "seed"]; // settings of training itself that stand in the strip
const EMPTY = { epochs: { short: "∞", long: "until stopped" } }; // words for a setting that may be empty
const RATE = "learning_rate"; // shown in the strip, not among the optimizer's other settings

/** @returns {HTMLElement} */
export function createTraining(studio) {
  const { state, on } = studio;
  const strip = make("section", { class: "ls-strip", "aria-label": "Hyperparameters" });
  const parts = {
    loss: choiceOf(studio, "loss", "losses", "Loss", "One number that says how wrong the answers are; training makes it small."),
    optimizer: choiceOf(studio, "optimizer", "optimizers", "Optimizer", "The rule that turns slopes into updates of the weights."),
    regularization: choiceOf(studio, "regularization", "regularizations", "Regularisation", "A penalty on large weights."),
    schedule: choiceOf(studio, "schedule", "schedules", "Schedule", "How the learning rate changes over the run."),
  };
  let built = false;
  on("catalogue draft", () => {
    if (!state.catalogue || !state.draft) return;
    if (!built) build(studio, strip, parts);
    built = true;
    for (const part of Object.values(parts)) part.update();
    strip.update();
  });
  return strip;
}

function build(studio, strip, parts) {
  const { state } = studio;
  const plain = SHOWN.map((name) => state.catalogue.training.find((setting) => setting.name === name)).filter(Boolean)
    .map((setting) => [setting.name, createField({ ...setting, empty: EMPTY[setting.name] }, `training.${setting.name}`,
      (value, how) => studio.change(`training.${setting.name}`, value, how))]);
  const fields = Object.fromEntries(plain);
  const rate = createRate(studio);
  const more = moreOf(studio);
  strip.append(parts.loss.element, parts.optimizer.element, rate.element, fields.batch_size?.element ?? "", fields.epochs?.element ?? "",
    parts.regularization.element, parts.schedule.element, fields.seed?.element ?? "", more);
  for (const field of plain) field[1].element.classList.add("ls-cell");
  strip.update = () => {
    rate.update();
    for (const [name, field] of plain) field.set(state.draft.training[name]);
  };
}

/** The learning rate: bounds come from the chosen optimizer, so its control is made anew when that changes. */
function createRate(studio) {
  const { state } = studio;
  const element = make("div", { class: "ls-cell ls-rate" });
  let [kind, field] = [null, null];
  return { element, update: () => {
    const { optimizer } = state.draft.training;
    if (kind !== optimizer.kind) {
      kind = optimizer.kind;
      const setting = entryOf(state, "optimizers", kind)?.settings.find(({ name }) => name === RATE);
      field = setting && createField(setting, `training.optimizer.${RATE}`,
        (value, how) => studio.change(`training.optimizer.${RATE}`, value, how));
      element.replaceChildren(field?.element ?? "");
    }
    field?.set(optimizer[RATE]);
  } };
}

function entryOf(state, catalogue, kind) {
  return state.catalogue[catalogue].find((entry) => entry.kind === kind);
}

/** A list to choose from, and a button for the settings of what was chosen. */
function choiceOf(studio, name, catalogue, title, help) {
  const { state } = studio;
  const chooser = createChooser(title, help, [], (entry) => studio.draft.edit({ kind: "choose", path: `training.${name}`, entry }));
  const button = make("button", { type: "button", class: "ls-more", "aria-label": `${title}: settings`, "data-tip": `Settings of this ${title.toLowerCase()}.` },
    icon("more"));
  const others = () => entryOf(state, catalogue, state.draft.training[name]?.kind)?.settings.filter((setting) => setting.name !== RATE) ?? [];
  let form = null;
  const popover = createPopover(studio, button, `${title}: settings`, (panel) => {
    const entry = entryOf(state, catalogue, state.draft.training[name].kind);
    form = createForm(others(), `training.${name}`, studio.change);
    form.set(state.draft.training[name]);
    panel.append(make("h3", {}, entry.title), make("p", { class: "ls-help" }, entry.help), form.element);
  });
  const element = make("div", { class: "ls-cell ls-choice", "data-path": `training.${name}` }, chooser.element, button);
  let [drawn, kind] = ["", null];
  return { element, update: () => {
    const chosen = state.draft.training[name];
    if (!chosen) return void (element.hidden = true);
    const task = state.drawing?.task?.kind;
    if (drawn !== task) {
      drawn = task;
      chooser.fill(state.catalogue[catalogue].filter((entry) => !entry.tasks || !task || entry.tasks.includes(task)));
    }
    chooser.set(chosen.kind, entryOf(state, catalogue, chosen.kind));
    give(button, "hidden", !others().length);
    if (kind !== chosen.kind) popover.refill();
    else form?.set(chosen);
    kind = chosen.kind;
  } };
}

/** Settings of training that are seldom touched: device, threads. */
function moreOf(studio) {
  const { state } = studio;
  const rest = state.catalogue.training.filter(({ name }) => !SHOWN.includes(name));
  const button = make("button", { type: "button", class: "ls-more ls-more-training", "aria-label": "More settings of training",
    "data-tip": "More: on what it computes." }, icon("more"));
  createPopover(studio, button, "More settings of training", (panel) => {
    const form = createForm(rest, "training", studio.change);
    form.set(state.draft.training);
    const { system } = state.catalogue;
    panel.append(make("h3", {}, "Machine"), form.element,
      make("p", { class: "ls-facts" }, system?.device_name ? `Found here: ${system.device_name}, ${system.cores} cores.` : ""));
  });
  give(button, "hidden", !rest.length);
  return button;
}
