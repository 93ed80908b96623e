// The strip of hyperparameters: loss, optimizer, learning rate, batch size, epochs and the others.

import { Choice, entryOf, RATE } from "./choice.js";
import { give, make, svg } from "./element.js";
import { createField, createForm } from "./forms.js";
import { icon } from "./icons.js";
import { createMany } from "./many.js";
import { createPopover } from "./popover.js";
import { createNoise, createRange } from "./range.js";

const SHOWN = ["batch_size", "epochs", "seed"]; // settings of training itself that stand in the strip
const MACHINE = ["device", "threads", "precision", "layout", "turbo", "minutes", "memory", "disk"]; // on what it computes, and how much
const CHOICES = {
  loss: {
    name: "loss",
    catalogue: "losses",
    title: "Loss",
    help: "One number that says how wrong the answers are; training makes it small.",
  },
  optimizer: {
    name: "optimizer",
    catalogue: "optimizers",
    title: "Optimizer",
    help: "The rule that turns slopes into updates of the weights.",
  },
  regularization: {
    name: "regularization",
    catalogue: "regularizations",
    title: "Regularisation",
    help: "A penalty on large weights.",
  },
  schedule: {
    name: "schedule",
    catalogue: "schedules",
    title: "Schedule",
    help: "How the learning rate changes over the run.",
  },
};

/** @returns {HTMLElement} */
export function createTraining(studio) {
  const { state, on } = studio;
  const strip = make("section", { class: "ls-strip", "aria-label": "Hyperparameters" });
  let parts = null;
  on("catalogue draft", () => {
    if (!state.catalogue || !state.draft) return;
    parts ??= build(studio, strip);
    for (const part of parts) part.update();
  });
  return strip;
}

/** Puts the controls into the strip, in the order in which they are read. */
function build(studio, strip) {
  const choices = Object.fromEntries(
    Object.entries(CHOICES).map(([name, of]) => [name, new Choice(studio, of)]),
  );
  const [batch, epochs, seed] = SHOWN.map((name) => createPlain(studio, name));
  const rate = createRate(studio);
  const { loss, optimizer, regularization, schedule } = choices;
  const parts = [loss, optimizer, rate, batch, epochs, regularization, schedule, seed].filter(Boolean);
  schedule.element.append(createCourse(studio));
  seed?.element.append(createMany(studio));
  batch?.element.querySelector(".ls-figure").after(createNoise(studio));
  strip.append(...parts.map(({ element }) => element));
  const more = createMore(studio);
  strip.append(more.element);
  return [...parts, more];
}

/** The course of the learning rate over the run, as its schedule has it before anything is trained. */
function createCourse(studio) {
  const { state, on } = studio;
  const line = svg("polyline", { points: "" });
  const tip = "The learning rate over the run, from left to right.";
  const course = svg("svg", { viewBox: "0 0 44 14", class: "ls-course", "aria-hidden": "true", "data-tip": tip }, line);
  on("draft", () => {
    const rates = state.drawing?.rates ?? [];
    const most = Math.max(...rates, 1e-12);
    const place = (rate, index) => `${(index / (rates.length - 1)) * 44},${13 - (rate / most) * 12}`;
    give(line, "points", rates.map(place).join(" "));
  });
  return course;
}

/** A setting of training itself. */
function createPlain(studio, name) {
  const { state, change } = studio;
  const setting = state.catalogue.training.find((one) => one.name === name);
  if (!setting) return null;
  const path = `training.${name}`;
  const field = createField(setting, path, (value, how) => change(path, value, how));
  field.element.classList.add("ls-cell");
  return { element: field.element, update: () => field.set(state.draft.training[name]) };
}

/** The learning rate: its bounds are the chosen optimizer's, so it is made anew when that changes. */
function createRate(studio) {
  const { state, change } = studio;
  const element = make("div", { class: "ls-cell ls-rate" });
  const path = `training.optimizer.${RATE}`;
  const range = createRange(studio);
  let [kind, field] = [null, null];
  const update = () => {
    const { optimizer } = state.draft.training;
    if (kind !== optimizer.kind) {
      kind = optimizer.kind;
      const setting = entryOf(state, "optimizers", kind)?.settings.find(({ name }) => name === RATE);
      field = setting && createField(setting, path, (value, how) => change(path, value, how));
      field?.element.querySelector(".ls-figure").after(range);
      element.replaceChildren(field?.element ?? "");
    }
    field?.set(optimizer[RATE]);
    give(range, "disabled", Boolean(studio.reason()));
  };
  return { element, update };
}

/** Settings of training that are seldom touched: how it is guarded, and on what it computes. */
function createMore(studio) {
  const { state } = studio;
  const rest = state.catalogue.training.filter(({ name }) => !SHOWN.includes(name));
  const [machine, guards] = [true, false].map((on) => rest.filter(({ name }) => MACHINE.includes(name) === on));
  const words = {
    "aria-label": "More settings of training",
    "data-tip": "More: when it ends, what it keeps, how gradients are tamed, on what it computes.",
  };
  const button = make("button", { type: "button", class: "ls-more", ...words }, icon("more"));
  let forms = [];
  createPopover(studio, button, "More settings of training", (panel) => {
    forms = [guards, machine].map((settings) => createForm(settings, "training", studio.change));
    for (const form of forms) form.set(state.draft.training);
    const { device_name: name, devices = [] } = state.catalogue.system ?? {};
    const known = new Set(["auto", ...devices.map(({ device }) => device)]);
    for (const option of forms[1].element.querySelectorAll('[data-path="training.device"] option'))
      option.disabled = !known.has(option.value);
    panel.append(
      make("h3", {}, "Training"),
      forms[0].element,
      make("h3", {}, "Machine"),
      forms[1].element,
      make("p", { class: "ls-facts" }, name ? `Found here: ${name}.` : ""),
    );
  });
  give(button, "hidden", !rest.length);
  return { element: button, update: () => forms.forEach((form) => form.set(state.draft.training)) };
}
