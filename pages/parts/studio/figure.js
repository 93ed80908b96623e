// The figure of the live charts: loss above, metric below, on one axis of steps. Data in, Plotly figure out.

import { smooth, thin } from "./series.js";

const POINTS = 2000; // shown of one curve
const CLOSE = 0.015; // of the axis: marks nearer than this are shown as one

const NONE = { steps: [], values: [] };

/**
 * @typedef {Object} Look
 * @property {boolean} logarithmic
 * @property {number} smoothing  0 to below 1
 */

function line(name, axis, curve, style, smoothing = 0) {
  const { steps, values } = thin(curve.steps, smooth(curve.values, smoothing), POINTS);
  return {
    type: "scatter",
    mode: values.length > 1 ? "lines" : "markers",
    name,
    uid: `${name} ${axis}`,
    x: steps,
    y: values,
    yaxis: axis,
    line: { width: 1.75, ...style },
    marker: { color: style.color, size: 5 },
    hovertemplate: "%{y:.4g}",
  };
}

/**
 * The curves of a run and, dashed, of the run laid over it; those that have no point yet are left out.
 * @param {Look} look
 */
export function traces(series, other, metric, tokens, look) {
  const list = [];
  const draw = (curves, key, name, axis, style, smoothing) => {
    const curve = curves?.get(key);
    if (curve?.steps.length) list.push(line(name, axis, curve, style, smoothing));
    return list.at(-1);
  };
  const loss = draw(series, "train_loss", "train", "y", { color: tokens.train, width: 1.25 });
  if (loss && look.smoothing) {
    loss.opacity = 0.3;
    draw(series, "train_loss", "train, smoothed", "y", { color: tokens.train }, look.smoothing);
  }
  draw(series, "validation_loss", "validation", "y", { color: tokens.validation, width: 2 });
  draw(series, `validation_${metric.kind}`, metric.title, "y2", { color: tokens.validation, width: 2 });
  const over = { color: tokens.warn, width: 1.5 };
  draw(other?.series, "train_loss", "other, train", "y", { ...over, dash: "dot" });
  draw(other?.series, "validation_loss", "other, validation", "y", { ...over, dash: "dash" });
  draw(other?.series, `validation_${metric.kind}`, `other, ${metric.title}`, "y2", {
    ...over,
    dash: "dash",
  });
  return list.length ? list : [{ ...line("train", "y", NONE, {}) }, { ...line("metric", "y2", NONE, {}) }];
}

/** Axes, grid and fonts of the page; marks of live changes as vertical lines. */
export function layout(run, metric, tokens, look) {
  const axis = {
    gridcolor: tokens.line,
    linecolor: tokens.line,
    zeroline: false,
    tickfont: { size: 11 },
    automargin: false,
    exponentformat: "e",
    nticks: 5,
    title: { font: { size: 11 }, standoff: 4 },
  };
  const { shapes, annotations } = marks(run, tokens);
  return {
    uirevision: run ? `run ${run.id}` : "none",
    hovermode: "x",
    dragmode: "zoom",
    showlegend: false,
    font: { family: tokens.fonts?.text, size: 12, color: tokens.text },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 34, r: 6, t: 18, b: 30 },
    hoverlabel: { bgcolor: tokens.panel, bordercolor: tokens.line, font: { color: tokens.text, size: 12 } },
    xaxis: {
      ...axis,
      anchor: "y2",
      title: { ...axis.title, text: "step" },
      rangemode: "tozero",
      hoverformat: "d",
      ...(run ? {} : { range: [0, 100] }),
    },
    yaxis: {
      ...axis,
      domain: [0.44, 1],
      type: look.logarithmic ? "log" : "linear",
      ...(run ? {} : { range: look.logarithmic ? [-2, 0.2] : [0, 1] }),
    },
    yaxis2: {
      ...axis,
      domain: [0, 0.36],
      nticks: 4,
      ...(metric.unit === "%" ? { tickformat: ".0%" } : {}),
      ...(run ? {} : { range: [0, 1] }),
    },
    shapes,
    annotations,
  };
}

/** Marks of one moment are told once, with the last word that was said there. */
function marks(run, tokens) {
  const last = Math.max(1, run?.progress?.step ?? 1);
  const kept = [];
  for (const mark of run?.marks ?? []) {
    const before = kept.at(-1);
    const same =
      before &&
      mark.step - before.step < last * CLOSE &&
      mark.text.split(" ")[0] === before.text.split(" ")[0];
    if (same) kept[kept.length - 1] = mark;
    else kept.push(mark);
  }
  const shown = kept.slice(-40);
  return {
    shapes: shown.map(({ step }) => ({
      type: "line",
      x0: step,
      x1: step,
      y0: 0,
      y1: 1,
      yref: "paper",
      layer: "below",
      line: { color: tokens.warn, width: 1, dash: "dot" },
    })),
    annotations: shown
      .slice(-4)
      .map(({ step, text }) => ({
        x: step,
        y: 1,
        yref: "paper",
        yanchor: "top",
        xanchor: "right",
        text: plain(text),
        textangle: -90,
        showarrow: false,
        font: { size: 10, color: tokens.warn },
      })),
  };
}

/** Plotly reads a little markup in texts; ours are words only. */
function plain(text) {
  return text.replaceAll("&", "and").replaceAll("<", "‹").replaceAll(">", "›");
}
