// Live charts of the watched run: loss and metric, with their switches and words.

import { give, make, write } from "./element.js";
import { score, short, whole } from "./numbers.js";
import { Painter } from "./painter.js";

const SMOOTHEST = 0.98;

/** @returns {HTMLElement} */
export function createCharts(studio) {
  const look = { logarithmic: false, smoothing: 0 };
  const chart = make("div", {
    class: "ls-chart",
    role: "img",
    "aria-label": "Loss and metric over the steps",
  });
  const painter = new Painter(studio, chart, look, {
    metric: () => metricOf(studio),
    now: () => nowOf(studio.state),
  });
  studio.on("points marks theme overlay size back", () => painter.ask());
  let now = null; // drawn last
  studio.on("snapshot run", () => {
    const next = nowOf(studio.state);
    if (now !== next) painter.ask();
    now = next;
  });
  const observer = new ResizeObserver(() => studio.tell("size"));
  observer.observe(chart);
  studio.ending.push(
    () => observer.disconnect(),
    () => painter.end(),
  );
  const header = make(
    "header",
    {},
    make("h3", {}, "Loss"),
    make("span", { class: "ls-space" }),
    createClear(studio),
    createSmoothing(studio, look),
    createLog(studio, look),
  );
  return make(
    "section",
    { class: "ls-charts ls-card", "aria-label": "Loss and metric" },
    header,
    createLatest(studio),
    make("div", { class: "ls-chart-frame" }, chart, createWords(studio)),
  );
}

function createLog(studio, look) {
  const tip = "Show the loss on a logarithmic axis.";
  const log = make(
    "button",
    { type: "button", class: "ls-chip", "aria-pressed": "false", "data-tip": tip },
    "Log",
  );
  log.addEventListener("click", () => {
    look.logarithmic = !look.logarithmic;
    give(log, "aria-pressed", String(look.logarithmic));
    studio.tell("points");
  });
  return log;
}

function createSmoothing(studio, look) {
  const slider = make("input", {
    type: "range",
    min: 0,
    max: SMOOTHEST,
    step: 0.02,
    value: 0,
    class: "ls-smooth",
    "aria-label": "Smoothing of the train loss",
    "data-tip": "Smooths the train loss, which jumps from batch to batch.",
  });
  slider.addEventListener("input", () => {
    look.smoothing = Number(slider.value);
    slider.style.setProperty("--fill", `${(look.smoothing / SMOOTHEST) * 100}%`);
    studio.tell("points");
  });
  return make("label", { class: "ls-smooth-label" }, "Smooth", slider);
}

/** Names the run that is laid over, and takes it away. */
function createClear(studio) {
  const clear = make("button", {
    type: "button",
    class: "ls-chip ls-other",
    "data-tip": "Take the other run off the chart.",
  });
  clear.addEventListener("click", () => studio.overlay(null));
  studio.on("overlay", () => {
    const { other } = studio.state;
    clear.hidden = !other;
    write(clear, other ? `× ${other.name}` : "");
  });
  return clear;
}

/** The latest figure on the validation split and, once it is over, the one on samples never seen. */
function createLatest(studio) {
  const { state, on } = studio;
  const validation = make("span", {
    "data-tip": "On the validation samples: it is judged on them while it trains, but not trained on them.",
  });
  const test = make("span", {
    class: "ls-test",
    "data-tip": "On the test samples, which nothing was trained on or chosen by; computed once, at the end.",
  });
  on("run points draft overlay snapshot back", () => {
    const metric = metricOf(studio);
    const now = nowOf(state);
    const value = state.run?.series.get(`validation_${metric.kind}`)?.at(state.back ?? Infinity);
    write(validation, now ? edited(now, metric) : value === undefined ? "" : said(metric, value));
    give(validation, "data-now", Boolean(now));
    write(test, state.back === null ? testOf(state.run, metric) : "");
  });
  return make("p", { class: "ls-latest" }, validation, test);
}

/** What the network was judged as it stands now: after a weight was moved by hand, while the run waits. */
export function nowOf({ run, snapshot }) {
  const here = run?.state === "paused" && snapshot?.step === run.progress?.step;
  return here ? (snapshot.facts.now ?? null) : null;
}

function edited(now, metric) {
  const title = metric.title.toLowerCase();
  return `now, with your weight: loss ${short(now.loss)} · ${title} ${score(now[metric.kind], metric.unit)}`;
}

function said({ title, unit }, value) {
  return `validation ${title.toLowerCase()} ${score(value, unit)}`;
}

/** The test score of a run that is over, in words; nothing for one that has none. */
function testOf(run, { kind, unit }) {
  const value = run?.over ? run.ended?.test?.[kind] : undefined;
  if (value === undefined) return "";
  const samples = run.started?.samples?.test;
  return `test ${score(value, unit)}${samples ? ` (${whole(samples)} unseen)` : ""}`;
}

/** Legend and names of the panels, over the chart: much cheaper than letting the chart measure its words. */
function createWords(studio) {
  const metric = make("span");
  studio.on("points draft catalogue", () => write(metric, metricOf(studio).title.toLowerCase()));
  return make(
    "div",
    { class: "ls-chart-words", "aria-hidden": "true" },
    make("i"),
    "train",
    make("i", { class: "ls-key-validation" }),
    "validation",
    make("span", {}, "loss"),
    metric,
  );
}

/** The metric the run is judged by, with its words. */
export function metricOf({ state }) {
  const task = state.drawing?.task?.kind;
  const metrics = state.catalogue?.metrics ?? [];
  const told = [...(state.run?.series.keys() ?? [])].map((name) => name.replace("validation_", ""));
  return (
    metrics.find(({ kind }) => told.includes(kind)) ??
    metrics.find(({ tasks }) => tasks?.includes(task)) ?? { kind: "metric", title: "Metric", unit: "" }
  );
}
