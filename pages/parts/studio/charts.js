// Live charts of the watched run: loss and metric. The chart's node is made once and lives as long as the page.

import { give, make, write } from "./element.js";
import { layout, traces } from "./figure.js";
import { score } from "./numbers.js";
import { Curve } from "./series.js";

const BREATH = 60; // milliseconds between two draws, and never more than 40 % of the time
const CONFIG = { displaylogo: false, showSendToCloud: false, displayModeBar: false, responsive: false, doubleClick: "reset" };

/** Loads plotly.js from the plotly package of this installation; nothing comes from elsewhere. */
async function loadPlotly() {
  if (!window.Plotly) await import(new URL("../layerscope.plotly/plotly.min.js", import.meta.url).href);
  return window.Plotly;
}

/** @returns {HTMLElement} */
export function createCharts(studio) {
  const { state, on } = studio;
  const look = { logarithmic: false, smoothing: 0 };
  const chart = make("div", { class: "ls-chart", role: "img", "aria-label": "Loss and metric over the steps" });
  const figures = make("span", { class: "ls-latest" });
  const log = make("button", { type: "button", class: "ls-chip", "aria-pressed": "false", "data-tip": "Show the loss on a logarithmic axis.",
    onclick: () => {
      look.logarithmic = !look.logarithmic;
      give(log, "aria-pressed", String(look.logarithmic));
      studio.tell("points");
    } }, "Log");
  const smoothing = make("input", { type: "range", min: 0, max: 0.98, step: 0.02, value: 0, class: "ls-smooth", "aria-label": "Smoothing of the train loss",
    "data-tip": "Smooths the train loss, which jumps from batch to batch.", oninput: () => {
      look.smoothing = Number(smoothing.value);
      smoothing.style.setProperty("--fill", `${(look.smoothing / 0.98) * 100}%`);
      studio.tell("points");
    } });
  const clear = make("button", { type: "button", class: "ls-chip", hidden: true, "data-tip": "Take the other run off the chart.",
    onclick: () => studio.overlay(null) });
  const names = { loss: make("span", {}, "loss"), metric: make("span") };
  const legend = make("div", { class: "ls-chart-words", "aria-hidden": "true" }, make("i", { class: "ls-key-train" }), "train",
    make("i", { class: "ls-key-validation" }), "validation", names.loss, names.metric);
  const painter = createPainter(studio, chart, look);
  on("points marks theme overlay size", painter.ask);
  on("points run draft", () => {
    write(figures, latest(studio));
    write(names.metric, metricOf(studio).title.toLowerCase());
  });
  on("overlay", () => {
    clear.hidden = !state.other;
    write(clear, state.other ? `${state.other.name} ×` : "");
  });
  const observer = new ResizeObserver(() => studio.tell("size"));
  observer.observe(chart);
  studio.ending.push(() => observer.disconnect(), painter.end);
  return make("section", { class: "ls-charts ls-card", "aria-label": "Loss and metric" },
    make("header", {}, make("h3", {}, "Loss"), figures, make("span", { class: "ls-space" }), clear,
      make("label", { class: "ls-smooth-label" }, "Smooth", smoothing), log), make("div", { class: "ls-chart-frame" }, chart, legend));
}

/** The metric the run is judged by, with its words. */
export function metricOf({ state }) {
  const task = state.drawing?.task?.kind;
  const metrics = state.catalogue?.metrics ?? [];
  const told = [...(state.run?.series.keys() ?? [])].map((name) => name.replace("validation_", ""));
  return metrics.find(({ kind }) => told.includes(kind)) ?? metrics.find(({ tasks }) => tasks?.includes(task))
    ?? { kind: "metric", title: "Metric", unit: "" };
}

function latest(studio) {
  const { run } = studio.state;
  const metric = metricOf(studio);
  const value = run?.series.get(`validation_${metric.kind}`)?.last;
  return value === undefined ? "" : `${metric.title.toLowerCase()} ${score(value, metric.unit)}`;
}

/** Draws at most once per frame and never so often that nothing else gets its turn. */
function createPainter(studio, chart, look) {
  const { state } = studio;
  const marks = window.__layerscope;
  let [plotly, drawn, busyUntil, timer, over] = [null, "", 0, 0, false];
  loadPlotly().then((loaded) => { plotly = loaded; ask(); });

  const draw = () => {
    timer = 0;
    if (over || !plotly || !studio.colours || !chart.clientWidth) return;
    const began = performance.now();
    const { tokens } = studio.colours;
    const metric = metricOf(studio);
    const series = state.run?.series ?? new Map();
    const size = { width: chart.clientWidth, height: chart.clientHeight, autosize: false };
    if (!drawn) marks.chartMounts += 1;
    drawn = put(plotly, chart, traces(series, state.other, metric, tokens, look),
      { ...layout(state.run, metric, tokens, look), ...size }, drawn);
    if (marks.firstPointAt === null && series.get("train_loss")?.steps.length) marks.firstPointAt = performance.now();
    marks.chartDraws += 1;
    busyUntil = performance.now() + Math.max(BREATH, 1.5 * (performance.now() - began));
  };
  const ask = () => {
    if (!timer && !over) timer = setTimeout(() => requestAnimationFrame(draw), Math.max(0, busyUntil - performance.now()));
  };
  const end = () => {
    over = true;
    clearTimeout(timer);
    if (drawn) plotly.purge(chart);
  };
  return { ask, end };
}

/** Draws. When nothing but points is new, only those are handed over; returns what was drawn, for the next time. */
function put(plotly, chart, list, look, before) {
  const now = JSON.stringify([list.map(({ x, y, ...style }) => style), look]);
  if (now === before) plotly.restyle(chart, { x: list.map(({ x }) => x), y: list.map(({ y }) => y) });
  else plotly.react(chart, list, look, CONFIG);
  return now;
}

/** A compared run as curves by name. */
export function curvesOf(series) {
  const curves = new Map();
  for (const { name, steps, values } of series) {
    const curve = new Curve();
    curve.add(steps, values);
    curves.set(name, curve);
  }
  return curves;
}
