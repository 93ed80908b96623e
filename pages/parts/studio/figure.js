// The figure of the live charts: loss above, metric below, on one axis of steps. Data in, Plotly figure out.

import { short } from "./numbers.js";
import { smooth, thin } from "./series.js";

const POINTS = 2000; // shown of one curve
const EDGE = 0.06; // of the axis: a label left of a line there would lie on the numbers of the other axis
const CLOSE = 0.02; // of the axis: marks nearer than this are of one drag, and shown as one
const APART = 0.06; // of the axis: the room a label needs
const LABELS = 4; // marks with a label; what the others say is told on hover
const LETTERS = 14; // of a label

const NONE = { steps: [], values: [] };

/**
 * @typedef {Object} Look
 * @property {boolean} logarithmic
 * @property {number} smoothing  0 to below 1
 * @property {{y: object|null, y2: object|null}} limits  of axes where extremes are cut off
 * @property {number|null} back  the step that is looked at, marked by a line
 * @property {boolean} touched  whether the person has moved an axis
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
 * The curves of a run, faint those it goes on from, and dashed those of the run laid over it; without a point
 * yet they are left out.
 * @param {Look} look
 */
export function traces({ series, before }, other, metric, tokens, look) {
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
  const faint = (key, axis, color) => {
    const curve = before?.get(key);
    const style = { color, width: 1.25 };
    if (curve?.steps.length) list.push({ ...line(`before, ${key}`, axis, curve, style), opacity: 0.45 });
  };
  faint("train_loss", "y", tokens.train);
  faint("validation_loss", "y", tokens.validation);
  faint(`validation_${metric.kind}`, "y2", tokens.validation);
  const over = { color: tokens.warn, width: 1.5 };
  draw(other?.series, "train_loss", "other, train", "y", { ...over, dash: "dot" });
  draw(other?.series, "validation_loss", "other, validation", "y", { ...over, dash: "dash" });
  draw(other?.series, `validation_${metric.kind}`, `other, ${metric.title}`, "y2", {
    ...over,
    dash: "dash",
  });
  return list.length ? list : [{ ...line("train", "y", NONE, {}) }, { ...line("metric", "y2", NONE, {}) }];
}

/** The loss and metric of the network as it stands now, beside the curves: a hollow diamond at its step. */
export function standing(now, run, metric, tokens) {
  const places = now ? [["y", now.loss], ["y2", now[metric.kind]]] : [];
  return places
    .filter(([, value]) => typeof value === "number")
    .map(([axis, value]) => ({
      ...line("now, with your weight", axis, { steps: [run.progress.step], values: [value] }, {}),
      marker: {
        symbol: "diamond-open",
        size: 9,
        color: tokens.validation,
        line: { width: 2, color: tokens.validation },
      },
    }));
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
  if (look.back !== null) shapes.push(upright(look.back, { color: tokens.accent, width: 1.5 }));
  const begun = run ? `run ${run.id}` : "none";
  return {
    uirevision: begun,
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
      ...(run ? { autorange: true } : { range: [0, 100] }),
    },
    yaxis: {
      ...axis,
      domain: [0.44, 1],
      type: look.logarithmic ? "log" : "linear",
      uirevision: `${begun} ${look.logarithmic}`, // a zoom is in the units of its axis
      ...(run ? rangeOf(look.limits?.y) : { range: look.logarithmic ? [-2, 0.2] : [0, 1] }),
    },
    yaxis2: {
      ...axis,
      domain: [0, 0.36],
      nticks: 4,
      ...(metric.unit === "%" ? { tickformat: ".0%" } : {}),
      ...(run ? rangeOf(look.limits?.y2) : { range: [0, 1] }),
    },
    shapes,
    annotations: annotations.concat(run && !look.touched ? cuts(look.limits, tokens) : []),
  };
}

function rangeOf(limits) {
  return limits ? { range: limits.range } : { autorange: true };
}

/** Says at an axis that extremes are cut off there, how far they go, and how to see them. */
function cuts(limits, tokens) {
  const places = [
    [limits?.y, 1],
    [limits?.y2, 0.36],
  ];
  return places
    .filter(([cut]) => cut && (cut.lowest ?? cut.highest) !== null)
    .map(([{ lowest, highest }, y]) => ({
      text: [
        highest === null ? "" : `▲ up to ${short(highest)} cut off`,
        lowest === null ? "" : `▼ down to ${short(lowest)} cut off`,
        "double-click: all",
      ]
        .filter(Boolean)
        .join(" · "),
      ...{ x: 1, xref: "paper", xanchor: "right", y, yref: "paper", yanchor: "top", showarrow: false },
      ...{ font: { size: 10, color: tokens.warn }, bgcolor: tokens.panel },
    }));
}

/** One line per drag, where it ended; its last value beside it when there is room, and all of it on hover. */
function marks(run, tokens) {
  const last = Math.max(1, run?.progress?.step ?? 1);
  const drags = dragsOf(run?.marks ?? [], last * CLOSE).slice(-40);
  const labels = labelled(drags, last * APART);
  return {
    shapes: drags.map(({ step }) => upright(step, { color: tokens.warn, width: 1, dash: "dot" })),
    annotations: drags.flatMap((drag) => [
      { ...foot(drag), font: { size: 9, color: tokens.warn } },
      ...(labels.has(drag) ? [{ ...label(drag, drag.step < last * EDGE), font: { size: 10, color: tokens.warn } }] : []),
    ]),
  };
}

/** A line over both panels at a step. */
function upright(step, line) {
  return { type: "line", x0: step, x1: step, y0: 0, y1: 1, yref: "paper", layer: "below", line };
}

/** Marks that follow each other closely, as one: its last step, and every word in order. */
function dragsOf(marks, close) {
  const drags = [];
  for (const { step, text } of marks) {
    const before = drags.at(-1);
    if (before && step - before.step < close) {
      before.step = step;
      before.texts.push(text);
    } else drags.push({ step, texts: [text] });
  }
  return drags;
}

/** The latest drags, as far as their labels do not touch. */
function labelled(drags, apart) {
  const chosen = [];
  for (const drag of [...drags].reverse()) {
    if (chosen.length < LABELS && (!chosen.length || chosen.at(-1).step - drag.step >= apart))
      chosen.push(drag);
  }
  return new Set(chosen);
}

/** The last word of a drag, short: "lr 0.03"; left of its line, or right of one at the left edge. */
function label({ step, texts }, edge) {
  const [, name, value] = texts.at(-1).match(/^(.*) (\S+)$/) ?? [null, texts.at(-1), ""];
  const few = name.replace("learning rate", "lr").replace("branched from", "from").replace(/^a weight of .*/, "weight").slice(0, LETTERS);
  const place = { x: step, y: 1, yref: "paper", yanchor: "top", xanchor: edge ? "left" : "right", textangle: -90 };
  return { ...place, text: plain(`${few} ${value}`), showarrow: false };
}

/** The foot of a line, which tells on hover what was moved there. */
function foot({ step, texts }) {
  const words = texts.slice(-6).map(plain);
  const hovertext = `step ${step}<br>${texts.length > 6 ? "…<br>" : ""}${words.join("<br>")}`;
  const place = { x: step, y: 0, yref: "paper", yanchor: "bottom", xanchor: "center" };
  return { ...place, text: "▲", hovertext, showarrow: false };
}

/** Plotly reads a little markup in texts; ours are words only. */
function plain(text) {
  return text.replaceAll("&", "and").replaceAll("<", "‹").replaceAll(">", "›");
}
