// Many at once: the same network with up to 64 learning rates or seeds, trained as one, drawn as a family of curves.

import { give, make, settle, svg, write } from "./element.js";
import { score, short, span } from "./numbers.js";
import { createPopover } from "./popover.js";
import { goesOn } from "./told.js";

const OFTEN = 1000; // milliseconds between two looks at how far the runs are
const [WIDE, HIGH, LEFT, FOOT] = [400, 180, 40, 30]; // pixels of the drawing, and of its margins
const SHELF = "layerscope.many"; // the family shown last, so that closing the panel loses nothing
const MOST = 64;
const WORDS = "Trains this network many times side by side, as one computation where it can be: each run has its own curve, and is in Runs afterwards.";
const SETTINGS = {
  "training.optimizer.learning_rate": "Learning rates",
  "training.seed": "Seeds",
};

/** The button that opens the panel. */
export function createMany(studio) {
  const tip = "Many at once: up to 64 learning rates or seeds of this network, each with its own curve.";
  const button = make("button", { type: "button", class: "ls-find ls-many", "aria-label": "Many at once", "data-tip": tip }, "many");
  createPopover(studio, button, "Many at once", (panel) => fill(studio, panel), { wide: true });
  return button;
}

function fill(studio, panel) {
  const choice = { setting: Object.keys(SETTINGS)[0], count: 16 };
  const kinds = make("div", { class: "ls-many-kinds", role: "group", "aria-label": "What differs" });
  const range = make("p", { class: "ls-facts" });
  const slider = make("input", { type: "range", min: 2, max: MOST, step: 1, value: choice.count, id: "ls-many-count" });
  const words = make("output", { for: "ls-many-count", class: "ls-many-count" });
  const start = make("button", { type: "button", class: "ls-button ls-primary", "data-first": "" });
  const line = make("p", { class: "ls-facts", role: "status" });
  const place = make("div", { class: "ls-study" });
  const show = () => {
    const values = valuesOf(studio, choice);
    for (const chip of kinds.children) give(chip, "aria-pressed", String(chip.dataset.setting === choice.setting));
    write(words, String(choice.count));
    slider.style.setProperty("--fill", `${((choice.count - 2) / (MOST - 2)) * 100}%`);
    write(range, `From ${short(values[0])} to ${short(values.at(-1))}.`);
    write(start, `Train ${choice.count} at once`);
  };
  for (const [setting, title] of Object.entries(SETTINGS)) {
    const onclick = () => (Object.assign(choice, { setting }), show());
    kinds.append(make("button", { type: "button", class: "ls-chip", "data-setting": setting, onclick }, title));
  }
  slider.addEventListener("input", () => (Object.assign(choice, { count: Number(slider.value) }), show()));
  const endless = studio.state.draft.training.epochs === null;
  if (endless) line.textContent = "Set a number of epochs first: without one no run ends.";
  start.disabled = Boolean(studio.reason()) || endless;
  start.addEventListener("click", async () => {
    start.disabled = true;
    line.textContent = "";
    const { draft } = studio.state;
    const values = valuesOf(studio, choice);
    const reply = await studio.ask("many", { draft, setting: choice.setting, values, key: crypto.randomUUID() });
    start.disabled = false;
    if (!reply.ok) return void (line.textContent = reply.problems.map(({ what, fix }) => `${what} ${fix}`).join(" "));
    const family = { setting: choice.setting, values, runs: reply.runs };
    sessionStorage.setItem(SHELF, JSON.stringify(family));
    return follow(studio, place, line);
  });
  const count = make("label", { for: "ls-many-count", class: "ls-label" }, "How many");
  panel.append(
    make("h3", {}, "Many at once"),
    make("p", { class: "ls-help" }, WORDS),
    make("div", { class: "ls-many-row" }, kinds, range),
    make("div", { class: "ls-many-row" }, count, slider, words),
    start,
    line,
    place,
  );
  show();
  follow(studio, place, line);
}

/** The values to train: rates around the draft's in equal factors, or the seeds that follow its own. */
function valuesOf({ state }, { setting, count }) {
  const { training } = state.draft;
  const steps = Array.from({ length: count }, (_, place) => place);
  if (setting === "training.seed") return steps.map((place) => training.seed + place);
  const entry = state.catalogue.optimizers.find(({ kind }) => kind === training.optimizer.kind);
  const { low, high } = entry.settings.find(({ name }) => name === "learning_rate");
  const middle = training.optimizer.learning_rate;
  const [from, to] = [Math.max(low, middle / 100), Math.min(high, middle * 30)].map(Math.log);
  return steps.map((place) => Number(Math.exp(from + ((to - from) * place) / (count - 1)).toPrecision(2)));
}

/** Draws the last family as long as the panel is open and something of it goes on. */
async function follow(studio, place, line) {
  const family = JSON.parse(sessionStorage.getItem(SHELF) ?? "null");
  if (!family) return;
  const reply = await studio.ask("courses", { runs: family.runs });
  if (!reply.ok || !place.isConnected || place.parentElement.hidden) return;
  const rows = reply.runs.map((run, index) => ({ ...run, value: family.values[index] }));
  const metric = studio.state.catalogue.metrics.find(({ kind }) => kind === rows[0].metric);
  const going = rows.filter(({ state }) => goesOn(state));
  const stop = going.length ? [stopButton(studio, going)] : [];
  settle(place, drawing(studio, rows, metric), summary(studio, rows, metric, family.setting, going), ...stop);
  const apart = rows.find(({ reason, state }) => reason && goesOn(state))?.reason;
  const time = span(Math.max(...rows.map(({ seconds }) => seconds)));
  write(line, going.length ? `${rows.length - going.length} of ${rows.length} are done. ${apart ?? ""}` : `All ${rows.length} are done, after ${time}.`);
  if (going.length) setTimeout(() => follow(studio, place, line), OFTEN);
}

/** Ends all that still go on or wait; what they reached stays. */
function stopButton(studio, going) {
  const words = going.length === 1 ? "Stop this one" : `Stop these ${going.length}`;
  const stop = () => {
    for (const { id } of going) studio.ask("command", { run: id, command: { kind: "stop" } });
  };
  return make("button", { type: "button", class: "ls-button", onclick: stop }, words);
}

/** The colour of a member by its place in the family: the scale of everything without a sign. */
function colourOf({ colours }, place, count) {
  const pixel = colours.unsigned[Math.round((place / Math.max(1, count - 1)) * 230)];
  return `rgb(${pixel & 255} ${(pixel >> 8) & 255} ${(pixel >> 16) & 255})`;
}

/** Each member's validation figure over the steps. */
function drawing(studio, rows, metric) {
  const values = rows.flatMap((row) => row.values).filter(Number.isFinite);
  const sorted = Float64Array.from(values).sort();
  // The best is always in view; of the worst a few may be cut off.
  const [cutLow, cutHigh] = metric?.higher_is_better ? [0.02, 1] : [0, 0.98];
  const [low, high] = [sorted[Math.floor(cutLow * sorted.length)] ?? 0, sorted[Math.ceil(cutHigh * (sorted.length - 1))] ?? 1];
  const last = Math.max(1, ...rows.map(({ steps }) => steps.at(-1) ?? 0));
  const across = (step) => LEFT + (step / last) * (WIDE - LEFT - 8);
  const down = (value) => 8 + Math.min(1, Math.max(0, (high - value) / (high - low || 1))) * (HIGH - FOOT - 12);
  const word = (text, x, y, anchor) => svg("text", { x, y, "text-anchor": anchor, class: "ls-range-word" }, text);
  const curves = rows.map(({ steps, values: told }, place) =>
    svg("polyline", {
      points: told.map((value, index) => (Number.isFinite(value) ? `${across(steps[index]).toFixed(1)},${down(value).toFixed(1)}` : "")).join(" "),
      class: "ls-many-curve",
      stroke: colourOf(studio, place, rows.length),
    }),
  );
  const label = `Validation ${metric?.title.toLowerCase() ?? "figure"} of ${rows.length} runs over the steps`;
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "ls-range", role: "img", "aria-label": label },
    svg("path", { d: `M${LEFT} 8V${HIGH - FOOT}H${WIDE - 8}`, class: "ls-range-grid" }),
    ...curves,
    ...(values.length ? [word(score(high, metric?.unit), LEFT - 6, 14, "end"), word(score(low, metric?.unit), LEFT - 6, HIGH - FOOT, "end")] : []),
    word(`step ${short(last)}`, WIDE - 8, HIGH - FOOT + 13, "end"),
    word(`validation ${metric?.title.toLowerCase() ?? ""}`, LEFT, HIGH - FOOT + 13, "start"),
  );
}

/** How many others did as well. */
function alike(told, best) {
  const others = told.filter((row) => row.best === best.best).length - 1;
  return others ? `, and ${others} ${others === 1 ? "other" : "others"} as well` : "";
}

/** A mark per member, coloured as its curve, the best named, with the ways to use it. */
function summary(studio, rows, metric, setting, going) {
  const told = rows.filter(({ best }) => best !== null);
  if (!told.length) return make("p", { class: "ls-facts" }, "No judgements yet.");
  const better = (one, other) => (metric?.higher_is_better ? one.best > other.best : one.best < other.best);
  const first = told.reduce((one, other) => (better(other, one) ? other : one));
  const equals = told.filter((row) => row.best === first.best);
  const best = equals[Math.floor(equals.length / 2)]; // of equals the middle one, farthest from rates that fail
  const mean = told.reduce((sum, row) => sum + row.best, 0) / told.length;
  const spread = Math.sqrt(told.reduce((sum, row) => sum + (row.best - mean) ** 2, 0) / told.length);
  const chips = rows.map((row, place) =>
    make("button", {
      type: "button",
      class: "ls-many-dot",
      style: `background: ${colourOf(studio, place, rows.length)}`,
      "aria-label": `Open run ${row.id}`,
      "data-tip": `${short(row.value)}: ${row.best === null ? row.state : `best ${score(row.best, metric?.unit)}`}. Press to open run ${row.id}.`,
      onclick: () => studio.openRun(row.id),
    }),
  );
  const title = metric?.title.toLowerCase() ?? "value";
  const isSeed = setting === "training.seed";
  const words = isSeed
    ? `Best ${title} over ${told.length} seeds: mean ${score(mean, metric?.unit)}, spread ${score(spread, metric?.unit)}, from ${score(Math.min(...told.map((row) => row.best)), metric?.unit)} to ${score(Math.max(...told.map((row) => row.best)), metric?.unit)}.`
    : `Best${going.length ? " so far" : ""}: a learning rate of ${short(best.value)}, ${title} ${score(best.best, metric?.unit)}${alike(told, best)}.`;
  const use = () => studio.change(setting, best.value, { final: true, gesture: null });
  const take = isSeed ? null : make("button", { type: "button", class: "ls-button", onclick: use }, `Use ${short(best.value)}`);
  const [least, most] = [rows[0], rows.at(-1)].map(({ value }) => make("span", { class: "ls-facts" }, short(value)));
  return make("div", {}, make("div", { class: "ls-many-dots" }, least, chips, most), make("p", { class: "ls-facts" }, words), take);
}
