// The network's answer over the whole plane, with the samples on it; or one neuron's, while it is pointed at.

import { fit, make, write } from "./element.js";
import { short } from "./numbers.js";
import { drawPoints, pointAt } from "./points.js";
import { shown } from "./state.js";
import { blit, paint } from "./tiles.js";

/** @returns {HTMLElement} */
export function createSurface(studio, switches) {
  const { state, on } = studio;
  const below = make("canvas", { "aria-hidden": "true" });
  const above = make("canvas", {
    role: "img",
    "aria-label": "The network's answer over the plane, with the samples",
  });
  const frame = make(
    "div",
    {
      class: "ls-surface",
      "data-tip": "Orange is negative, blue is positive. Click a sample to follow it through the network.",
    },
    below,
    above,
  );
  const legend = createLegend(studio);
  const element = make("div", { class: "ls-surface-view" }, frame, legend);
  const size = () => Math.max(120, Math.min(frame.clientWidth, frame.clientHeight || 9999));

  on("snapshot hover theme switches size draft", () => {
    if (!visible(studio)) return;
    drawSurface(studio, fit(below, size(), size()), size(), switches);
    shown("surface", state.snapshot);
  });
  on("preview theme switches size draft sample", () => {
    if (!visible(studio) || !state.preview?.arrays.has("points")) return;
    const context = fit(above, size(), size());
    drawPoints(context, size(), state.preview, studio, {
      radius: 3,
      tests: switches.tests,
      chosen: state.sample,
    });
  });
  above.addEventListener("click", (event) => {
    if (!state.preview?.arrays.has("points")) return;
    const { left, top } = above.getBoundingClientRect();
    const index = pointAt(state.preview, size(), event.clientX - left, event.clientY - top, switches.tests);
    if (index >= 0) studio.chooseSample(index);
  });
  const observer = new ResizeObserver(() => studio.tell("size"));
  observer.observe(frame);
  studio.ending.push(() => observer.disconnect());
  return element;
}

function visible({ state, colours }) {
  return state.drawing?.picture === "plane" && colours;
}

function drawSurface(studio, context, size, { discretise }) {
  const { state, colours } = studio;
  const arrays = state.snapshot?.arrays;
  const { hovered } = state;
  const maps = hovered && arrays?.get(`maps/${hovered.node}`);
  if (maps && hovered.unit < maps.shape[0]) return paintOne(context, maps, hovered.unit, size, colours);
  const surface = arrays?.get("surface");
  if (!surface) return undefined;
  const [height, width] = surface.shape;
  const confidence = arrays.get("confidence") ?? arrays.get("surface/confidence");
  if (surface.data instanceof Int8Array) {
    const table = discretise ? sides(colours.signed) : colours.signed;
    paint(context, surface.data, 0, height, width, table, 0, 0, size, size, { flip: true });
  } else paintClasses(context, surface, discretise ? null : confidence, size, colours);
  return hatch(context, surface, size, colours.tokens);
}

/** The byte that stands for an answer that is no number. */
function noNumber({ data }) {
  return data instanceof Int8Array ? -128 : 255;
}

/** Whether there are places where the network's answer is no number. */
export function hasHoles(snapshot) {
  const surface = snapshot?.arrays.get("surface");
  return Boolean(surface?.data.includes(noNumber(surface)));
}

/** Hatches the places where the answer is no number: neither side, and not undecided either. */
function hatch(context, surface, size, tokens) {
  const [height, width] = surface.shape;
  const [down, across] = [size / height, size / width];
  const hole = noNumber(surface);
  if (!surface.data.includes(hole)) return;
  context.save();
  context.beginPath();
  surface.data.forEach((value, index) => {
    const [row, column] = [Math.floor(index / width), index % width];
    if (value === hole) context.rect(column * across, size - (row + 1) * down, across + 0.5, down + 0.5);
  });
  context.clip();
  context.fillStyle = tokens.panel;
  context.fillRect(0, 0, size, size);
  context.beginPath();
  for (let at = -size; at < size; at += 8) {
    context.moveTo(at, size);
    context.lineTo(at + size, 0);
  }
  context.strokeStyle = tokens.quiet;
  context.lineWidth = 1.5;
  context.stroke();
  context.restore();
}

function paintOne(context, maps, unit, size, colours) {
  const [, height, width] = maps.shape;
  paint(context, maps.data, unit * height * width, height, width, colours.signed, 0, 0, size, size, {
    flip: true,
  });
}

/** The two ends of a scale only. */
function sides(table) {
  return table.map((_, index) => table[index < 128 ? 24 : 232]);
}

/** Each place in the colour of its class, paler where the network is less sure. */
function paintClasses(context, surface, confidence, size, colours) {
  const [height, width] = surface.shape;
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const panel = colours.signed[128];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = (height - 1 - row) * width + column;
      const share = confidence ? 0.2 + 0.55 * (confidence.data[from] / 255) : 0.7;
      pixels[row * width + column] = mix(
        panel,
        colours.classPixels[surface.data[from] % colours.classPixels.length],
        share,
      );
    }
  }
  blit(context, image, 0, 0, size, size, false);
}

function mix(a, b, share) {
  const channel = (shift) =>
    Math.round(((a >> shift) & 255) * (1 - share) + ((b >> shift) & 255) * share) << shift;
  return ((255 << 24) | channel(16) | channel(8) | channel(0)) >>> 0;
}

/** What the colours mean: the scale with its ends, or the classes. */
function createLegend(studio) {
  const { state, on } = studio;
  const low = make("span");
  const high = make("span");
  const bar = make("span", { class: "ls-legend-bar" });
  const classes = make("span", { class: "ls-legend-classes" });
  const element = make("div", { class: "ls-legend" }, low, bar, high, classes);
  on("draft theme snapshot", () => {
    const { task } = state.drawing ?? {};
    if (!task || !studio.colours) return;
    const many = task.kind === "classification" && task.outputs > 2;
    low.hidden = bar.hidden = high.hidden = many;
    classes.hidden = !many;
    if (many) fillClasses(studio, classes, task);
    else ends(state, task, low, high);
  });
  return element;
}

function ends({ snapshot }, task, low, high) {
  const scale = snapshot?.facts.surface?.scale;
  const [first, second] = task.kind === "classification" ? (task.classes ?? []) : [];
  write(low, first ?? (scale ? short(-scale, 2) : "negative"));
  write(high, second ?? (scale ? short(scale, 2) : "positive"));
}

function fillClasses(studio, classes, task) {
  const key = `${task.classes}${studio.theme}`;
  if (classes.dataset.key === key) return;
  classes.dataset.key = key;
  classes.replaceChildren(
    ...(task.classes ?? []).map((name, index) =>
      make(
        "span",
        {},
        make("i", { style: `background:${studio.colours.classColour(index, task.classes.length)}` }),
        name,
      ),
    ),
  );
}
