// What is foretold: the window that was seen, what came after it, and what the network says; below it a stretch
// of the test series, every step foretold from the ones before.

import { columnOf, paintLine, rangeOf } from "./curves.js";
import { fit, make, write } from "./element.js";
import { short } from "./numbers.js";

const HEIGHT = 92; // pixels of each of the two pictures

/** @returns {HTMLElement} */
export function createForecast(studio) {
  const { state, on } = studio;
  const window = picture("The window that was seen, what came after it and what was foretold");
  const stretch = picture("A stretch of the test series, foretold one step ahead");
  const legend = make(
    "div",
    { class: "ls-legend" },
    key("seen", "seen"),
    key("true", "came"),
    key("said", "foretold"),
    key("stays", "last value stays"),
  );
  const element = make("div", { class: "ls-forecast" }, window.element, stretch.element, legend);
  on("snapshot theme draft size", () => {
    const arrays = state.snapshot?.arrays;
    const facts = state.snapshot?.facts.forecast;
    if (!facts || !studio.colours || state.drawing?.task.kind !== "forecast") return;
    const width = Math.max(120, element.clientWidth - 4);
    drawWindow(window.canvas, arrays, facts, width, studio.colours.tokens);
    write(window.words, `This window: ${errors(facts.window)}`);
    stretch.element.hidden = !arrays.has("stretch/true");
    if (!stretch.element.hidden) {
      drawStretch(stretch.canvas, arrays, width, studio.colours.tokens);
      const [steps] = arrays.get("stretch/true").shape;
      write(stretch.words, `${steps} test steps: ${errors(facts.test)}`);
    } else write(window.words, `This window: ${errors(facts.window)}. Test: ${errors(facts.test)}`);
  });
  return element;
}

function picture(label) {
  const canvas = make("canvas", { role: "img", "aria-label": label });
  const words = make("p", { class: "ls-facts" });
  return { canvas, words, element: make("div", { class: "ls-forecast-one" }, canvas, words) };
}

function key(name, words) {
  return make("span", { class: `ls-key ls-key-${name}` }, make("i"), words);
}

function errors({ said, stays }) {
  return `RMSE ${short(said)}, by the last value ${short(stays)}`;
}

/** Seen, then true, said and staying values, each continuing the last that was seen. */
function drawWindow(canvas, arrays, { values, horizon }, width, tokens) {
  const context = fit(canvas, width, HEIGHT);
  const part = (name, value) => columnOf(arrays.get(`curves/${name}`), value);
  const [seen] = arrays.get("curves/seen").shape;
  const band = HEIGHT / Math.min(values, 3);
  for (let value = 0; value < Math.min(values, 3); value++) {
    const place = { x: 3, y: value * band + 4, width: width - 8, height: band - 8 };
    const [before, came, said, stays] = ["seen", "true", "said", "stays"].map((name) => part(name, value));
    const range = rangeOf(before, came, stays, said.filter((one) => Math.abs(one) < 1e6));
    const steps = seen + horizon;
    const on = (list) => [before.at(-1), ...list];
    context.fillStyle = tokens.surface ?? tokens.line;
    const start = place.x + ((seen - 1) / (steps - 1)) * place.width;
    context.fillRect(start, place.y - 4, place.x + place.width - start, band);
    paintLine(context, before, place, range, { steps, colour: tokens.quiet });
    const from = seen - 1;
    paintLine(context, on(stays), place, range, { from, steps, colour: tokens.quiet, dash: [2, 3], weight: 1 });
    paintLine(context, on(came), place, range, { from, steps, colour: tokens.text });
    paintLine(context, on(said), place, range, { from, steps, colour: tokens.accent });
  }
}

function drawStretch(canvas, arrays, width, tokens) {
  const context = fit(canvas, width, HEIGHT);
  const [came, said] = ["true", "said"].map((name) => columnOf(arrays.get(`stretch/${name}`), 0));
  const shown = Math.min(came.length, 200);
  const place = { x: 3, y: 4, width: width - 8, height: HEIGHT - 8 };
  const range = rangeOf(came.slice(0, shown));
  paintLine(context, came.slice(0, shown), place, range, { colour: tokens.text, weight: 1.25 });
  paintLine(context, said.slice(0, shown), place, range, { colour: tokens.accent, weight: 1.25 });
}
