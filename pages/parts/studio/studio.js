// The Studio: one instrument. JavaScript draws, Python decides; this file puts the parts together.

import { createActions } from "./actions.js";
import { carried, lastRun, nameRun } from "./address.js";
import { createCharts } from "./charts.js";
import { createColours, dress } from "./colours.js";
import { createControls } from "./controls.js";
import { createDock } from "./dock.js";
import { Draft } from "./draft.js";
import { give, make, write } from "./element.js";
import { createHint } from "./hint.js";
import { studioKeys } from "./keys.js";
import { createLookup } from "./lookup.js";
import { createNetwork } from "./network.js";
import { createOrders } from "./orders.js";
import { createOutput } from "./output.js";
import { createPreview } from "./preview.js";
import { markProblems } from "./problems.js";
import { Runs } from "./run.js";
import { createShelf } from "./shelf.js";
import { openCarried } from "./share.js";
import { createSlow } from "./slow.js";
import { Socket } from "./socket.js";
import { createState } from "./state.js";
import { createTaught } from "./teacher.js";
import { installTips } from "./tip.js";
import { createTime } from "./time.js";
import { createTotals } from "./totals.js";
import { createTraining } from "./training.js";
import { Views } from "./views.js";

const LINGER = 50; // milliseconds: Streamlit also cleans up after a call that was overtaken
const mounted = new WeakMap();

/**
 * Streamlit calls this at every change of data or theme; the Studio itself is made once per place.
 * data: {palette, theme, refused: what to say of a run the address names wrongly}.
 * Returns the clean-up, called when the page is left.
 */
export default function ({ data, parentElement, setTriggerValue }) {
  let studio = mounted.get(parentElement);
  if (!studio) {
    studio = createStudio(parentElement, data ?? {});
    mounted.set(parentElement, studio);
  }
  studio.trigger = setTriggerValue;
  studio.wear(data ?? {});
  return () =>
    setTimeout(() => {
      if (parentElement.isConnected || mounted.get(parentElement) !== studio) return;
      mounted.delete(parentElement);
      studio.end();
    }, LINGER);
}

function createStudio(parent, data) {
  window.__layerscope = {
    ticks: 0,
    frames: 0,
    lastTickStep: 0,
    firstPointAt: null,
    trainPressedAt: null,
    sliderSentAt: null,
    chartMounts: 0,
    chartDraws: 0,
    shown: {},
  };
  const { state, on, tell, end } = createState();
  const root = make("div", { class: "ls", style: "visibility: hidden" });
  const studio = {
    root,
    state,
    on,
    tell,
    ending: [end],
    filters: false,
    colours: null,
    theme: null,
    trigger: null,
  };
  studio.ask = (...request) => studio.socket.ask(...request);
  studio.wear = (next) => wear(studio, next);
  studio.end = () => studio.ending.splice(0).forEach((stop) => stop());
  Object.assign(studio, createLookup(studio));
  studio.runs = new Runs(studio);
  studio.views = new Views(studio);
  studio.draft = new Draft(studio);
  Object.assign(studio, createActions(studio), createOrders(studio));
  studio.palette = data.palette ?? null;
  studio.refused = data.refused ?? "";
  studio.announce = announcer(root);
  build(studio);
  parent.append(root);
  settle(root);
  installTips(root);
  studioKeys(studio);
  markProblems(studio);
  connect(studio);
  studio.ending.push(
    () => studio.views.end(),
    () => root.remove(),
  );
  return studio;
}

/** Tells screen readers what a key press has done. */
function announcer(root) {
  const line = make("p", { class: "ls-hidden", "aria-live": "polite" });
  root.append(line);
  return (text) => write(line, text);
}

/** Shows the Studio once its style sheet is there, and tells it how much of the window is left for it. */
function settle(root, left = 100) {
  const ready = getComputedStyle(root).getPropertyValue("--ls-ready").trim() === "1";
  if (!ready && left) return void setTimeout(() => settle(root, left - 1), 20);
  root.style.setProperty(
    "--ls-top",
    `${Math.max(0, Math.round(root.getBoundingClientRect().top + window.scrollY))}px`,
  );
  root.style.visibility = "";
}

/** Puts the parts in the order of use. */
function build(studio) {
  const { root } = studio;
  const middle = make(
    "section",
    { class: "ls-middle ls-card", "aria-label": "Network" },
    createShelf(studio),
    createTaught(studio),
    make("div", { class: "ls-ground" }, createNetwork(studio)),
    createSlow(studio),
    createTime(studio),
    createTotals(studio),
    createNotice(studio),
  );
  root.append(
    createControls(studio),
    createTraining(studio),
    make("div", { class: "ls-left" }, createPreview(studio), createDock(studio)),
    middle,
    make("div", { class: "ls-right" }, createOutput(studio), createCharts(studio)),
  );
}

/** One calm line over the network: what was refused, or that changes wait for the next Train. */
function createNotice(studio) {
  const { state, on } = studio;
  const words = make("span");
  const again = make(
    "button",
    { type: "button", class: "ls-button ls-primary", onclick: () => studio.trainAnew() },
    "Train with changes",
  );
  const close = make(
    "button",
    { type: "button", class: "ls-button", onclick: () => studio.say("") },
    "Dismiss",
  );
  const back = make("button", { type: "button", class: "ls-button", onclick: () => studio.openRun(state.run.id) }, "Back to it");
  const line = make(
    "div",
    { class: "ls-notice", role: "status", "aria-live": "polite", hidden: true },
    words,
    again,
    back,
    close,
  );
  on("draft run notice connection back", () => {
    const waiting = !state.notice && (studio.changed() || studio.altered());
    const past = state.back !== null;
    const left = !state.notice && Boolean(state.run?.over && state.run.experiment) && studio.views.untrained();
    const text = state.connected || !state.catalogue ? state.notice || changedWords(state.run, { waiting, past, left }) : RECONNECTING;
    write(words, text);
    line.hidden = !text;
    again.hidden = !waiting || past || !state.connected;
    give(again, "disabled", Boolean(studio.reason()));
    back.hidden = !left || !state.connected;
    close.hidden = !state.notice || !state.connected;
  });
  return line;
}

const RECONNECTING = "Reconnecting… The run goes on; nothing is lost.";

/** For what a change counts that is not trained yet. */
function changedWords(run, { waiting, past, left }) {
  if (left) return `You changed it: the network drawn is untrained, curves and scores are of run ${run.id}.`;
  if (!waiting) return "";
  return past ? "Your changes are for the branch." : "Your changes apply at the next Train.";
}

/** Puts on the theme of the page around. */
function wear(studio, data) {
  studio.palette = data.palette ?? studio.palette;
  const theme = themeOf(studio.root, data.theme);
  if (!studio.palette || studio.theme === theme) return;
  studio.theme = theme;
  dress(studio.root, studio.palette[theme], theme);
  studio.colours = createColours(studio.palette[theme]);
  studio.tell("theme");
}

/** "light" or "dark", as Streamlit's background says; it follows the person's switch at once. */
function themeOf(root, told) {
  const probe = make("i", { style: "background: var(--st-background-color)" });
  root.append(probe);
  const [red, green, blue, alpha = 1] =
    getComputedStyle(probe)
      .backgroundColor.match(/[\d.]+/g)
      ?.map(Number) ?? [];
  probe.remove();
  if (red === undefined || alpha === 0) return told === "dark" ? "dark" : "light";
  return 0.3 * red + 0.6 * green + 0.1 * blue < 128 ? "dark" : "light";
}

function connect(studio) {
  const { state, tell } = studio;
  let begun = false;
  studio.socket = new Socket({
    push: (message) => studio.runs.heard(message),
    frame: (run, data) => studio.runs.seen(run, data),
    status: (up) => {
      state.connected = up;
      give(studio.root, "data-away", !up && begun);
      tell("connection", "run");
      if (!up) return;
      if (begun && state.run) studio.runs.watch();
      if (!begun) begin(studio);
      begun = true;
    },
  });
  studio.ending.push(() => studio.socket.end());
}

/** First the catalogue; then the run the address names, the draft as it was left, or the first template. */
async function begin(studio) {
  const { state, tell } = studio;
  const reply = await studio.ask("catalogue");
  if (!reply.ok) return studio.tellProblems(reply);
  state.catalogue = reply.catalogue;
  studio.palette ??= reply.catalogue.palette;
  studio.wear({});
  tell("catalogue");
  const [carries, own] = [carried().text !== null, lastRun()];
  const { id, named } = studio.refused || carries ? { id: 0 } : own;
  const [kept, left] = [studio.draft.saved(), id && studio.draft.left(id)];
  if (!carries) await openCarried(studio);
  if (id && (await studio.openRun(id, { quiet: !named })).ok) return left && studio.draft.recover(left);
  if (studio.refused) {
    nameRun(null);
    studio.say(studio.refused);
  }
  if (!kept || !(await studio.draft.check(kept)).ok)
    await studio
      .ask("template", { name: state.catalogue.templates[0].name })
      .then((first) => studio.draft.take(first));
  if (carries) await openCarried(studio);
  createHint(studio);
  return undefined;
}
