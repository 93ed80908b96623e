// Draws the live chart: at most once per frame, and never so often that nothing else gets its turn.

import { layout, traces } from "./figure.js";
import { shown } from "./state.js";

const BREATH = 60; // milliseconds between two draws
const REST = 1.5; // and this much of the time the last draw took
const CONFIG = {
  displaylogo: false,
  showSendToCloud: false,
  displayModeBar: false,
  responsive: false,
  doubleClick: "autosize", // a reset would go back to the ranges of the empty chart
  showTips: false,
};

/** Loads plotly.js from the plotly package of this installation; nothing comes from elsewhere. */
async function loadPlotly() {
  if (!window.Plotly) await import(new URL("../layerscope.plotly/plotly.min.js", import.meta.url).href);
  return window.Plotly;
}

/** The owner of the chart's node, which is made once and lives as long as the page. */
export class Painter {
  /** @param {import("./figure.js").Look} look  read anew at each draw */
  constructor(studio, chart, look, metric) {
    Object.assign(this, { studio, chart, look, metric, facts: window.__layerscope });
    Object.assign(this, { plotly: null, drawn: "", free: 0, timer: 0, over: false });
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
    const series = state.run?.series ?? new Map();
    const metric = this.metric();
    const size = { width: chart.clientWidth, height: chart.clientHeight, autosize: false };
    this.put(traces(series, state.other, metric, colours.tokens, this.look), {
      ...layout(series.size ? state.run : null, metric, colours.tokens, this.look),
      ...size,
    });
    if (facts.firstPointAt === null && series.get("train_loss")?.steps.length)
      facts.firstPointAt = performance.now();
    facts.chartDraws += 1;
    shown("chart", state.run?.progress);
    this.free = performance.now() + Math.max(BREATH, REST * (performance.now() - began));
  }

  /** When nothing but points is new, only those are handed over. */
  put(list, look) {
    const now = JSON.stringify([list.map(({ x, y, ...style }) => style), look]);
    if (!this.drawn) this.facts.chartMounts += 1;
    const points = { x: list.map(({ x }) => x), y: list.map(({ y }) => y) };
    if (now === this.drawn) this.plotly.restyle(this.chart, points);
    else this.plotly.react(this.chart, list, look, CONFIG);
    this.drawn = now;
  }

  end() {
    this.over = true;
    clearTimeout(this.timer);
    if (this.drawn) this.plotly.purge(this.chart);
  }
}
