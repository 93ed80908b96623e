// Reset, Train, one step, one epoch, Stop: the controls that stay in reach on a small screen.

import { give, make, write } from "./element.js";
import { icon } from "./icons.js";
import { createPopover, iconButton } from "./popover.js";

const SLOW = "Take one step, and see it in stages: batch, forward, loss, backward, update.";

const CUT = "Its process was gone. Go on from its last checkpoint, exactly where it was.";

/** @returns {HTMLElement} */
export function createMain(studio) {
  const { state, on } = studio;
  const train = createTrain(studio);
  const why = make("span", { class: "ls-why", role: "status" });
  const reset = iconButton("reset", "Reset", "Stop, and show the untrained network again.", () =>
    studio.reset(),
  );
  const step = iconButton("step", "One step", "Learn from one batch, then wait. Key: →", () =>
    studio.step(),
  );
  const epoch = iconButton("epoch", "One epoch", "See every training sample once, then wait.", () =>
    studio.epoch(),
  );
  const slow = iconButton("slow", "One step in slow motion", `${SLOW} Key: S`, () => studio.slow());
  slow.classList.add("ls-roomy");
  const more = createMore(studio);
  const stop = iconButton("stop", "Stop", "End this run and judge it on the test samples.", () =>
    studio.stop(),
  );
  const anew = make(
    "button",
    {
      type: "button",
      class: "ls-button",
      "data-tip": "Leave that run as it is, and start another one from the beginning.",
      onclick: () => studio.start(),
    },
    "Train anew",
  );
  on("run draft connection", () => {
    anew.hidden = !studio.cut() || !state.connected;
    give(anew, "disabled", Boolean(studio.reason()));
    const reason = (studio.live() || studio.cut()) && state.connected ? "" : studio.reason();
    train.update(reason);
    write(why, state.connected && state.drawing ? reason : "");
    for (const button of [step, slow, epoch, more]) give(button, "disabled", Boolean(reason));
    give(stop, "disabled", !studio.live() || !state.connected);
    give(reset, "disabled", !state.run || !state.connected);
  });
  return make(
    "div",
    { class: "ls-main", role: "group", "aria-label": "Training" },
    reset,
    train.button,
    anew,
    step,
    slow,
    epoch,
    more,
    stop,
    why,
  );
}

/** What else can be asked for: slow motion where its button has no room, and going on to an epoch. */
function createMore(studio) {
  const button = iconButton("more", "More ways to go on", "Slow motion, or to an epoch of your choice.", () => {});
  createPopover(studio, button, "More ways to go on", (panel, close) => {
    const slow = () => (close(true), studio.slow());
    const next = (studio.state.run?.progress?.epoch ?? 0) + 1;
    const number = make("input", { type: "number", class: "ls-goal-number", id: "ls-goal", min: next, step: 1, value: next + 9 });
    const go = () => {
      if (!number.value || !number.reportValidity()) return;
      close(true);
      studio.epochTo(Number(number.value));
    };
    number.addEventListener("keydown", (event) => event.key === "Enter" && go());
    panel.append(
      make("button", { type: "button", class: "ls-button", "data-tip": SLOW, onclick: slow }, icon("slow"), "One step in slow motion"),
      make(
        "div",
        { class: "ls-goal" },
        make("label", { for: "ls-goal" }, "To the end of epoch"),
        number,
        make("button", { type: "button", class: "ls-button", onclick: go }, "Go"),
      ),
    );
  });
  return button;
}

/** The one large button: Train, Pause, Continue, Resume. */
function createTrain(studio) {
  const word = make("span", {}, "Train");
  const sign = make("span", { class: "ls-train-sign" }, icon("train"));
  const button = make(
    "button",
    { type: "button", class: "ls-train", onclick: () => studio.toggle() },
    sign,
    word,
  );
  let drawn = "train";
  const update = (reason) => {
    const going = studio.live() && studio.state.run.state !== "paused";
    const key = going ? "pause" : "train";
    if (drawn !== key) sign.replaceChildren(icon(key));
    drawn = key;
    write(word, wordOf(studio, going));
    give(button, "aria-pressed", String(going));
    give(button, "disabled", Boolean(reason));
    give(
      button,
      "data-tip",
      going ? "Wait after this step. Key: space" : reason || `${studio.cut() ? CUT : "Start learning."} Key: space`,
    );
  };
  return { button, update };
}

function wordOf(studio, going) {
  if (studio.runs?.asking()) return "Starting";
  if (going) return "Pause";
  if (studio.cut()) return "Resume";
  return studio.state.run?.state === "paused" ? "Continue" : "Train";
}
