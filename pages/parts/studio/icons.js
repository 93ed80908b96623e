// Small drawings: one per group of layers, and those of the controls. Always beside words or with a label.

import { svg } from "./element.js";

const PATHS = {
  input: "M2 4h6M2 8h9M2 12h6M11 5l3 3-3 3",
  dense:
    "M4.5 3.5a1.5 1.5 0 1 0-3 0 1.5 1.5 0 0 0 3 0M4.5 12.5a1.5 1.5 0 1 0-3 0 1.5 1.5 0 0 0 3 0" +
    "M14.5 8a1.5 1.5 0 1 0-3 0 1.5 1.5 0 0 0 3 0M4.4 4.3l7.2 3M4.4 11.7l7.2-3",
  activation: "M2 12h5l6-8",
  convolution: "M2 2h12v12H2zM2 6h12M2 10h12M6 2v12M10 2v12M6 6h4v4H6z",
  pooling: "M2 3h5v5H2zM2 13l4-4M9 9h5v5H9zM14 2l-4 4M10 3v3h3M6 12V9H3",
  shape: "M2 4h12M2 8h12M2 12h12",
  normalization: "M2 13c4 0 4-10 6-10s2 10 6 10",
  regularization: "M4 4h0M8 4h0M12 4h0M4 8h0M12 8h0M4 12h0M8 12h0M7 7l2 2M9 7l-2 2",
  recurrent: "M13 8a5 5 0 1 1-2-4M11 1v3h-3",
  attention: "M8 3l5 10M8 3L3 13M8 3v10",
  merge: "M3 3c0 5 5 4 5 10M13 3c0 5-5 4-5 10",
  residual: "M2 8h12M2 8c0-7 12-7 12 0M6 5.5L8 8l-2 2.5",
  reshape: "M2 2h7v7H2zM6 12v2h8V6h-2",
  resize: "M2 14V9M2 14h5M2 14l5-5M14 2v5M14 2H9M14 2L9 7",
  output: "M8 2a6 6 0 1 0 .01 0M8 6a2 2 0 1 0 .01 0",
  train: "M4 2.5v11l9-5.5z",
  pause: "M5 3v10M11 3v10",
  step: "M3 3v10l6-5zM12 3v10",
  epoch: "M2 3v10l5-5zM8 3v10l5-5zM14.5 3v10",
  stop: "M4 4h8v8H4z",
  slow: "M8 2a6 6 0 0 1 6 6M12.500 12A6 6 0 0 1 8 14M3.500 12A6 6 0 0 1 2 8M3.500 4A6 6 0 0 1 5 2.800M6.500 5.500v5L10.500 8z",
  reset: "M3 8a5 5 0 1 0 2-4M5 1v3.2h3.2",
  undo: "M6 3L2.5 6.5 6 10M3 6.5h6a4 4 0 0 1 0 8H7",
  redo: "M10 3l3.5 3.5L10 10M13 6.5H7a4 4 0 0 0 0 8h2",
  add: "M8 3v10M3 8h10",
  remove: "M3 4.5h10M6 4V2.5h4V4M4.5 4.5l.6 9h5.8l.6-9M7 7v4M9 7v4",
  duplicate: "M5 5h8v8H5zM3 11V3h8",
  left: "M10 3L5 8l5 5",
  right: "M6 3l5 5-5 5",
  close: "M4 4l8 8M12 4l-8 8",
  more: "M3.5 8h0M8 8h0M12.5 8h0",
  runs: "M2 12l3-4 3 2 6-7M2 14h12",
  export: "M8 10V2M5 5l3-3 3 3M3 9v5h10V9",
  templates: "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z",
  warn: "M8 2l6.5 12h-13zM8 6.5v3.5M8 12h0",
  down: "M4 6l4 4 4-4",
  minus: "M3 8h10",
  lock: "M4 7h8v7H4zM5.5 7V5a2.5 2.5 0 0 1 5 0v2",
  fix: "M13.5 4.5a3.2 3.2 0 0 1-4.4 3.8L4.6 12.8a1.4 1.4 0 0 1-2-2l4.5-4.5A3.2 3.2 0 0 1 11 2L9 4l.6 2.4L12 7z",
  block: "M2 4.5h9V13H2zM5 4.5V2h9v8.5h-3M4.5 7h4M4.5 10h4",
  group: "M2 2h3M11 2h3v3M14 11v3h-3M5 14H2v-3M2 5V2M5 5h6v6H5z",
  repeat: "M3 7V5.5h9M10 3l2.5 2.5L10 8M13 9v1.5H4M6 8l-2.5 2.5L6 13",
  share: "M6 8a2 2 0 1 0-4 0 2 2 0 0 0 4 0M14 3.5a2 2 0 1 0-4 0 2 2 0 0 0 4 0M14 12.5a2 2 0 1 0-4 0 2 2 0 0 0 4 0M5.8 7l4.4-2.6M5.8 9l4.4 2.6",
  link: "M6.5 9.5l3-3M7.5 5l2-2a2.5 2.5 0 0 1 3.5 3.5l-2 2M8.500 11l-2 2A2.500 2.500 0 0 1 3 9.500l2-2",
  download: "M8 2v8M5 7l3 3 3-3M3 12v2h10v-2",
  open: "M2 13V3h4l1.500 2H13v2M2 13l2-6h11l-2 6z",
  teacher: "M1.500 6L8 3l6.500 3L8 9zM4 7.500V11c2 2 6 2 8 0V7.500M14.500 6v4",
};
const FILLED = new Set(["train", "stop"]);

/** An icon for the eye only; the words beside it, or the button's label, say what it means. */
export function icon(name) {
  const path = PATHS[name] ?? PATHS.dense;
  const fill = FILLED.has(name) ? "currentColor" : "none";
  return svg(
    "svg",
    { viewBox: "0 0 16 16", class: "ls-icon", "aria-hidden": "true", focusable: "false" },
    svg("path", {
      d: path,
      fill,
      stroke: "currentColor",
      "stroke-width": "1.5",
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
    }),
  );
}
