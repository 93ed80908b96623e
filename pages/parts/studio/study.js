// How much data? The same network on less and more of the training samples, side by side, drawn against each other.

import { make, settle, svg } from "./element.js";
import { score, short, whole } from "./numbers.js";
import { createPopover } from "./popover.js";
import { goesOn } from "./told.js";

const SHARES = [0.05, 0.1, 0.25, 0.5, 1];
const MOST_EPOCHS = 1_000_000;
const OFTEN = 700; // milliseconds between two looks at how far the runs are
const [WIDE, HIGH, LEFT, FOOT, NAME] = [300, 134, 40, 30, 12]; // pixels of the drawing, and of its margins
const SHELF = "layerscope.study"; // the runs of the last study, so that closing the panel loses nothing
const WORDS =
  "Trains this network five times, on 5, 10, 25, 50 and 100 % of the training samples, and judges each on the same " +
  "validation samples. All take the same number of steps: with less data, each sample is seen more often. Shown is the " +
  "best of each run's judgements.";

/** The button that opens the study. */
export function createStudy(studio) {
  const tip = "How much data is enough? Trains the same network on less and more of it.";
  const button = make("button", { type: "button", class: "ls-chip ls-study-button", "data-tip": tip }, "How much data?");
  createPopover(studio, button, "How much data?", (panel) => fill(studio, panel), { wide: true });
  return button;
}

function fill(studio, panel) {
  const start = make("button", { type: "button", class: "ls-button ls-primary", "data-first": "" }, "Train five times");
  const place = make("div", { class: "ls-study" });
  const line = make("p", { class: "ls-facts", role: "status" });
  start.disabled = Boolean(studio.reason()) || studio.state.draft.training.epochs === null;
  if (studio.state.draft.training.epochs === null) line.textContent = "Set a number of epochs first: without one no run ends.";
  start.addEventListener("click", async () => {
    start.disabled = true;
    await begin(studio, line);
    start.disabled = false;
    follow(studio, place);
  });
  panel.append(make("h3", {}, "How much data?"), make("p", { class: "ls-help" }, WORDS), place, line, start);
  follow(studio, place);
}

/** Queues a run for each share; one that cannot be trained with so few samples says so and is left out. */
async function begin(studio, line) {
  const { draft, drawing } = studio.state;
  const runs = [];
  line.textContent = "";
  for (const share of SHARES) {
    const train_share = Math.max(0.01, Number((share * draft.data.train_share).toFixed(4)));
    const name = `${draft.name} · ${short(100 * share)} % of the data`.slice(0, 120);
    const less = { ...draft, name, data: { ...draft.data, train_share } };
    const key = crypto.randomUUID();
    const drawn = await studio.ask("check", { draft: less });
    const epochs = Math.round(draft.training.epochs * ((drawing.total_steps || 1) / (drawn.drawing?.total_steps || 1)));
    const asked = { ...less, training: { ...draft.training, epochs: Math.min(MOST_EPOCHS, Math.max(1, epochs)) } };
    const reply = await studio.ask("train", { draft: asked, pace: null, key });
    if (reply.ok) runs.push({ run: reply.run, share, samples: drawn.drawing.sizes.train });
    else line.textContent = `${short(100 * share)} % was left out: ${reply.problems[0]?.what ?? ""}`;
  }
  sessionStorage.setItem(SHELF, JSON.stringify(runs));
}

/** Draws the last study as long as the panel is open and something of it goes on. */
async function follow(studio, place) {
  const study = JSON.parse(sessionStorage.getItem(SHELF) ?? "[]");
  if (!study.length) return;
  const reply = await studio.ask("runs");
  if (!reply.ok || !place.isConnected || place.parentElement.hidden) return;
  const known = new Map(reply.runs.map((run) => [run.id, run]));
  const rows = study.map((one) => ({ ...one, ...known.get(one.run) })).filter(({ state }) => state);
  const metric = studio.state.catalogue.metrics.find(({ kind }) => kind === rows[0]?.metric);
  settle(place, ...(rows.length ? [drawing(rows, metric), table(studio, rows, metric)] : []));
  if (rows.some(({ state }) => goesOn(state))) setTimeout(() => follow(studio, place), OFTEN);
}

function table(studio, rows, metric) {
  const head = [["Samples", "ls-num"], ["State", ""], [`Best ${metric?.title.toLowerCase() ?? "value"}`, "ls-num"], ["Run", "ls-num"]];
  const link = (run) =>
    make("button", { type: "button", class: "ls-link", "data-tip": "Open this run.", onclick: () => studio.openRun(run) }, String(run));
  const body = rows.map(({ samples, state, best, run }) =>
    make(
      "tr",
      {},
      make("td", { class: "ls-num" }, whole(samples)),
      make("td", {}, make("span", { class: "ls-badge", "data-state": state }, state)),
      make("td", { class: "ls-num" }, score(best, metric?.unit ?? "")),
      make("td", { class: "ls-num" }, link(run)),
    ),
  );
  const heads = make("tr", {}, head.map(([text, kind]) => make("th", { scope: "col", class: kind }, text)));
  return make("table", { class: "ls-runs" }, make("thead", {}, heads), make("tbody", {}, body));
}

/** The best validation figure over the number of training samples, on a logarithmic axis. */
function drawing(rows, metric) {
  const told = rows.filter(({ best }) => best !== null);
  const [few, many] = [rows[0].samples, rows.at(-1).samples].map(Math.log);
  const values = told.map(({ best }) => best);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const across = (samples) => LEFT + ((Math.log(samples) - few) / (many - few || 1)) * (WIDE - LEFT - 14);
  const down = (value) => 8 + ((high - value) / (high - low || 1)) * (HIGH - FOOT - 18);
  const word = (text, x, y, anchor) => svg("text", { x, y, "text-anchor": anchor, class: "ls-range-word" }, text);
  const points = told.map(({ samples, best }) => [across(samples).toFixed(1), down(best).toFixed(1)]);
  const label = `Best validation ${metric?.title.toLowerCase() ?? "value"} over the number of training samples`;
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "ls-range", role: "img", "aria-label": label },
    ...rows.map(({ samples }) => svg("path", { d: `M${across(samples)} 6V${HIGH - FOOT}`, class: "ls-range-grid" })),
    ...rows.map(({ samples }) => word(whole(samples), across(samples), HIGH - 4 - NAME, "middle")),
    word("training samples", (LEFT + WIDE) / 2, HIGH - 2, "middle"),
    word(metric?.title.toLowerCase() ?? "", LEFT + 4, 10, "start"),
    ...(values.length ? [word(score(high, metric?.unit), LEFT - 6, 12, "end"), word(score(low, metric?.unit), LEFT - 6, HIGH - FOOT - 6, "end")] : []),
    svg("polyline", { points: points.map((point) => point.join()).join(" "), class: "ls-range-curve" }),
    ...points.map(([cx, cy]) => svg("circle", { cx, cy, r: 3.5, class: "ls-range-point" })),
  );
}
