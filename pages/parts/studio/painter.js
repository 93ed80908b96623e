// Draws the live chart: at most once per frame, and never so often that nothing else gets its turn.

import { layout, standing, traces } from "./figure.js";
import { limitsOf, roomFor, shareOf } from "./limits.js";
import { shown } from "./state.js";

const BREATH = 60; // milliseconds between two draws
const REST = 1.5; // and this much of the time the last draw took
const FARTHEST = 1e30;
const CONFIG = {
  displaylogo: false,
  showSendToCloud: false,
  displayModeBar: false,
  responsive: false,
  doubleClick: "autosize", // a reset would go back to the ranges of the empty chart
  doubleClickDelay: 500, // a busy page hears the second press late
  showTips: false,
};

/** Whether a value is so large that its place on the screen is no number a browser reads (beyond 3e38 pixels). */
const far = (value) => Math.abs(value) > FARTHEST && Number.isFinite(value);
const nearer = (value) => (far(value) ? Math.sign(value) * FARTHEST : value);

/** Loads plotly.js from the plotly package of this installation; nothing comes from elsewhere. */
async function loadPlotly() {
  if (!window.Plotly) await import(new URL("../layerscope.plotly/plotly.min.js", import.meta.url).href);
  return window.Plotly;
}

/** The owner of the chart's node, which is made once and lives as long as the page. */
export class Painter {
  /** @param {import("./figure.js").Look} look  read anew at each draw */
  constructor(studio, chart, look, { metric, now }) {
    Object.assign(this, { studio, chart, look, metric, now, facts: window.__layerscope });
    Object.assign(this, { plotly: null, drawn: "", free: 0, timer: 0, over: false, about: "" });
    loadPlotly().then((plotly) => {
      this.plotly = plotly;
      this.ask();
    });
  }

  /** Asks for a draw, soon. */
  ask() {
    if (this.timer || this.over) return;
    const wait = Math.max(0, this.free - performance.now());
    this.timer = setTimeout(() => requestAnimationFrame(() => this.draw()), wait);
  }

  draw() {
    this.timer = 0;
    const { chart, facts, plotly } = this;
    const { state, colours } = this.studio;
    if (this.over || !plotly || !colours || !chart.clientWidth) return;
    const began = performance.now();
    const { series, before } = state.run ?? { series: new Map(), before: null };
    const metric = this.metric();
    const size = { width: chart.clientWidth, height: chart.clientHeight, autosize: false };
    const list = traces({ series, before }, state.other, metric, colours.tokens, this.look);
    list.push(...standing(this.now(), state.run, metric, colours.tokens));
    const look = { ...this.look, ...this.limits(list, state.run?.id), back: state.back };
    this.put(list, { ...layout(series.size ? state.run : null, metric, colours.tokens, look), ...size });
    if (facts.firstPointAt === null && series.get("train_loss")?.steps.length)
      facts.firstPointAt = performance.now();
    facts.chartDraws += 1;
    shown("chart", state.run?.progress);
    this.free = performance.now() + Math.max(BREATH, REST * (performance.now() - began));
  }

  /**
   * The ranges of both axes where extremes are cut off. An axis the person has moved keeps what it was given,
   * since Plotly keeps a zoom only as long as it is told nothing new.
   */
  limits(list, run) {
    const about = `${run} ${this.look.logarithmic}`;
    if (about !== this.about) Object.assign(this, { about, touched: false, given: {} });
    if (this.touched) return { limits: this.given, touched: true };
    const of = (axis) => list.filter(({ yaxis }) => yaxis === axis).map(({ y }) => y);
    const loss = of("y");
    const ofOne = loss.length <= 2; // train and validation
    this.given = { y: this.look.logarithmic ? null : (limitsOf(loss, { ofOne }) ?? roomFor(loss)), y2: limitsOf(of("y2")) ?? shareOf(of("y2")) };
    return { limits: this.given, touched: false };
  }

  /** Notes that the person has zoomed or asked for all. */
  heed(changes) {
    if (!Object.keys(changes).some((name) => name.startsWith("yaxis"))) return;
    this.touched = true;
    this.ask();
  }

  /** When nothing but points is new, only those are handed over. */
  put(told, look) {
    const list = told.map((trace) => (trace.y.some(far) ? { ...trace, y: trace.y.map(nearer) } : trace));
    const now = JSON.stringify([list.map(({ x, y, ...style }) => style), look]);
    if (!this.drawn) this.facts.chartMounts += 1;
    const points = { x: list.map(({ x }) => x), y: list.map(({ y }) => y) };
    if (now === this.drawn) this.plotly.restyle(this.chart, points);
    else this.plotly.react(this.chart, list, look, CONFIG);
    if (!this.drawn) this.chart.on("plotly_relayout", (changes) => this.heed(changes));
    this.drawn = now;
  }

  end() {
    this.over = true;
    clearTimeout(this.timer);
    if (this.drawn) this.plotly.purge(this.chart);
  }
}
