// The bar on top: templates, Train and Pause, one step, one epoch, Stop, Reset, pace, and how far the run is.

import { createCounters } from "./counters.js";
import { give, make, write } from "./element.js";
import { icon } from "./icons.js";
import { createPace } from "./pace.js";
import { createPopover, iconButton } from "./popover.js";
import { createRunList } from "./runs.js";

const WORDS = {
  queued: "Queued", starting: "Starting", running: "Training", paused: "Paused", finished: "Finished", stopped: "Stopped",
  diverged: "Diverged", failed: "Failed", interrupted: "Interrupted",
};

/** @returns {HTMLElement} */
export function createControls(studio) {
  const bar = make("header", { class: "ls-bar" });
  const main = createMain(studio);
  bar.append(
    make("div", { class: "ls-bar-part" }, createTemplates(studio)),
    main,
    createPace(studio),
    createCounters(studio),
    make("div", { class: "ls-bar-part ls-bar-end" }, createBadge(studio), createRunList(studio), createExport(studio)));
  return bar;
}

/** Reset, Train, Step, Epoch, Stop: stays in reach on a small screen. */
function createMain(studio) {
  const { state, on } = studio;
  const word = make("span", {}, "Train");
  const sign = make("span", { class: "ls-train-sign" }, icon("train"));
  const train = make("button", { type: "button", class: "ls-train", onclick: () => studio.toggle() }, sign, word);
  const why = make("span", { class: "ls-why", role: "status" });
  const buttons = {
    reset: iconButton("reset", "Reset", "Stop, and show the untrained network again.", () => studio.reset()),
    step: iconButton("step", "One step", "Learn from one batch, then wait. Key: →", () => studio.step()),
    epoch: iconButton("epoch", "One epoch", "See every training sample once, then wait.", () => studio.epoch()),
    stop: iconButton("stop", "Stop", "End this run and judge it on the test samples.", () => studio.stop()),
  };
  let drawn = "";
  on("run draft connection", () => {
    const going = studio.live() && state.run.state !== "paused";
    const reason = studio.live() && state.connected ? "" : studio.reason();
    const key = going ? "pause" : "train";
    if (drawn !== key) {
      drawn = key;
      sign.replaceChildren(icon(key));
    }
    write(word, studio.runs?.asking() ? "Starting" : going ? "Pause" : state.run?.state === "paused" ? "Continue" : "Train");
    give(train, "aria-pressed", String(going));
    give(train, "disabled", Boolean(reason));
    give(train, "data-tip", going ? "Wait after this step. Key: space" : reason || "Start learning. Key: space");
    write(why, reason);
    for (const name of ["step", "epoch"]) give(buttons[name], "disabled", Boolean(reason));
    give(buttons.stop, "disabled", !studio.live() || !state.connected);
    give(buttons.reset, "disabled", !state.run || !state.connected);
  });
  return make("div", { class: "ls-main", role: "group", "aria-label": "Training" }, buttons.reset, train, buttons.step, buttons.epoch,
    buttons.stop, why);
}

function createTemplates(studio) {
  const { state } = studio;
  const button = make("button", { type: "button", class: "ls-button", "data-tip": "Ready experiments: data, network and settings in one." },
    icon("templates"), make("span", { class: "ls-wordy" }, "Templates"));
  createPopover(studio, button, "Templates", (panel, close) => {
    panel.append(make("div", { class: "ls-menu" }, (state.catalogue?.templates ?? []).map((template) =>
      make("button", { type: "button", class: "ls-menu-item ls-template", onclick: () => {
        close(true);
        studio.draft.template(template.name);
      } }, make("span", { class: "ls-menu-title" }, template.title), make("span", { class: "ls-menu-help" }, template.what),
      template.try_this ? make("span", { class: "ls-menu-help ls-try" }, `Try: ${template.try_this}`) : null))));
  }, { wide: true });
  return button;
}

/** The state of the run in a word, told to screen readers when it changes. */
function createBadge(studio) {
  const { state, on } = studio;
  const badge = make("span", { class: "ls-badge", role: "status", "aria-live": "polite" });
  on("run connection", () => {
    const { run } = state;
    const text = !state.connected ? "Reconnecting…" : !run ? "Ready"
      : run.state === "queued" && run.ahead ? `Queued, ${run.ahead} ahead` : WORDS[run.state] ?? run.state;
    write(badge, text);
    give(badge, "data-state", !state.connected ? "away" : run?.state ?? "ready");
    give(badge, "data-tip", run ? `Run ${run.id}${run.reason ? `: ${run.reason}` : ""}` : "Nothing has been trained yet.");
  });
  return badge;
}

function createExport(studio) {
  const { state, on } = studio;
  const button = make("button", { type: "button", class: "ls-button", "data-tip": "Take this run away: a Python script, or its weights.",
    onclick: () => studio.exportRun() }, icon("export"), make("span", { class: "ls-wordy" }, "Export"));
  on("run", () => give(button, "disabled", !state.run));
  return button;
}
