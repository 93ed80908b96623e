// The bar on top: templates, Train and Pause, one step, one epoch, Stop, Reset, pace, and how far the run is.

import { createCounters } from "./counters.js";
import { give, make, write } from "./element.js";
import { createGallery } from "./gallery.js";
import { icon } from "./icons.js";
import { createPace } from "./pace.js";
import { createMain } from "./main.js";
import { createRunList } from "./runs.js";
import { createShare } from "./share.js";

const WORDS = {
  queued: "Queued",
  starting: "Starting",
  running: "Training",
  paused: "Paused",
  finished: "Finished",
  stopped: "Stopped",
  diverged: "Diverged",
  failed: "Failed",
  interrupted: "Interrupted",
};

/** @returns {HTMLElement} */
export function createControls(studio) {
  const bar = make("header", { class: "ls-bar" });
  const main = createMain(studio);
  bar.append(
    make("div", { class: "ls-bar-part" }, createGallery(studio)),
    main,
    createPace(studio),
    createCounters(studio),
    make(
      "div",
      { class: "ls-bar-part ls-bar-end" },
      createBadge(studio),
      createRunList(studio),
      createShare(studio),
      createExport(studio),
    ),
  );
  return bar;
}

/** The state of the run in a word, told to screen readers when it changes. */
function createBadge(studio) {
  const { state, on } = studio;
  const [word, more] = [make("span"), make("small")];
  const badge = make("span", { class: "ls-badge", role: "status", "aria-live": "polite" }, word, more);
  on("run connection", () => {
    const { run } = state;
    const text = !state.connected
      ? "Reconnecting…"
      : !run
        ? "Ready"
        : run.state === "queued" && run.ahead
          ? `Queued, ${run.ahead} ahead`
          : (WORDS[run.state] ?? run.state);
    write(word, text);
    write(more, turboOf(run));
    give(badge, "data-state", !state.connected ? "away" : (run?.state ?? "ready"));
    give(
      badge,
      "data-tip",
      run
        ? `Run ${run.id}${run.reason ? `: ${run.reason}` : ""}${toldOf(run.turbo)}`
        : "Nothing has been trained yet.",
    );
  });
  return badge;
}

/** What became of compiled steps, in a few words. */
function turboOf(run) {
  const { turbo, state, experiment } = run ?? {};
  if (!turbo || (state !== "running" && turbo.state !== "on")) return ""; // what it gained is told to the end
  if (turbo.state === "off" && experiment?.training.turbo === "off") return "";
  return { compiling: "Turbo: compiling", on: `Turbo ×${turbo.gain.toFixed(1)}`, off: "without Turbo" }[turbo.state];
}

/** The same in whole sentences. */
function toldOf(turbo) {
  const words = {
    compiling: "Turbo: the steps are being compiled beside the run.",
    on: `Turbo: compiled steps since step ${turbo?.step}, ${turbo?.gain.toFixed(1)} times as fast.`,
    off: `Turbo is off. ${turbo?.reason}`,
  };
  return turbo ? `. ${words[turbo.state]}` : "";
}

function createExport(studio) {
  const { state, on } = studio;
  const button = make(
    "button",
    {
      type: "button",
      class: "ls-button ls-export",
      "data-tip": "Take it away: script, notebook, weights, ONNX, report …",
      onclick: () => studio.exportRun(),
    },
    icon("export"),
    make("span", { class: "ls-wordy" }, "Export"),
  );
  on("run draft", () => give(button, "disabled", !state.run && !state.draft));
  return button;
}
