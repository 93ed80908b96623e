// The line under the canvas: what the whole network costs before it is trained, and how it is zoomed.

import { give, make, write } from "./element.js";
import { iconButton } from "./popover.js";
import { createTools } from "./tools.js";
import { brief, bytes, span, whole } from "./numbers.js";
import { createShortcuts } from "./shortcuts.js";
import { unpack } from "./snapshot.js";

const STILL = 1000; // milliseconds without an edit before an epoch is timed

/** @returns {HTMLElement} */
export function createTotals(studio) {
  const { state, on } = studio;
  const pace = timed(studio);
  const cells = {
    parameters: make("span", { class: "ls-total", "data-tip": "All numbers this network learns, over all layers." }),
    flops: make("span", { class: "ls-total" }),
    memory: make("span", { class: "ls-total" }),
    pace: make("span", { class: "ls-total", role: "status" }),
  };
  on("draft pace run", () => {
    const { drawing } = state;
    if (!drawing) return;
    const { totals } = drawing;
    write(cells.parameters, `${whole(drawing.parameters)} parameters`);
    write(cells.flops, totals?.flops ? `${brief(totals.flops)} FLOPs` : "");
    give(cells.flops, "data-tip", "Multiplications and additions for one sample, forwards. Learning takes about three times as many.");
    write(cells.memory, totals?.memory ? bytes(totals.memory.total) : "");
    give(cells.memory, "data-tip", totals?.memory && memoryWords(totals.memory, state.draft));
    showPace(cells.pace, running(state.run) ?? pace.of(), drawing.pace);
  });
  return make("footer", { class: "ls-totals" }, createTools(studio), Object.values(cells), make("span", { class: "ls-space" }), createShortcuts(studio), createZoom(studio));
}

function memoryWords({ weights, gradients, optimizer, activations }, draft) {
  return (
    `Memory for training with ${draft.training.batch_size} samples in a batch: weights ${bytes(weights)}, ` +
    `gradients ${bytes(gradients)}, optimizer ${bytes(optimizer)}, outputs of the layers ${bytes(activations)}.`
  );
}

function showPace(cell, measured, estimate) {
  const seconds = measured?.seconds_per_epoch ?? estimate?.seconds_per_epoch;
  const about = !measured;
  write(cell, Number.isFinite(seconds) ? `${about ? "≈ " : ""}${span(seconds)} per epoch${about ? " (estimate)" : ""}` : "");
  give(
    cell,
    "data-tip",
    about
      ? "Time to see every training sample once, reckoned from the FLOPs. It is measured once you pause."
      : (measured.words ?? `Measured on this machine in ${measured.steps} steps, at full speed.`),
  );
}

/** The time of an epoch as the run that goes on at full speed takes it now. */
function running(run) {
  const { steps_per_second: speed, steps_per_epoch: steps, pace } = run?.progress ?? {};
  if (run?.state !== "running" || pace !== null || !speed) return null;
  return { seconds_per_epoch: steps / speed, words: "As fast as this run goes now." };
}

/** The measured time of an epoch of the draft, asked for when it has been still for a while. */
function timed(studio) {
  const { state, on } = studio;
  let [timer, asked, found] = [0, "", null];
  const key = () => {
    const { data, network, training } = state.draft;
    const { loss, optimizer, batch_size } = training;
    return JSON.stringify([data, network, loss?.kind, optimizer?.kind, batch_size]);
  };
  const ask = async () => {
    const wanted = key();
    if (asked === wanted || !state.drawing.ready || studio.live() || !state.drawing.pace) return;
    asked = wanted;
    const reply = await studio.ask("pace", { draft: state.draft });
    if (asked !== wanted) return;
    const facts = reply.ok && reply.data ? unpack(reply.data).facts : null;
    found = facts && !facts.problem ? { ...facts, key: wanted } : null;
    if (!reply.ok) asked = "";
    studio.tell("pace");
  };
  on("draft run", () => {
    clearTimeout(timer);
    if (state.draft) timer = setTimeout(ask, STILL);
  });
  studio.ending.push(() => clearTimeout(timer));
  return { of: () => (found && found.key === key() ? found : null) };
}

function createZoom(studio) {
  const level = make("button", {
    type: "button",
    class: "ls-zoom-level",
    "data-tip": "Show all of the network. Key: 0",
    "aria-label": "Fit the network",
    onclick: () => studio.fitNetwork(),
  });
  studio.on("camera", () => write(level, `${Math.round(100 * (studio.camera?.zoom ?? 1))} %`));
  return make(
    "span",
    { class: "ls-zoom", role: "group", "aria-label": "Zoom" },
    iconButton("minus", "Zoom out", "Zoom out. Key: −", () => studio.camera.zoomBy(0.8)),
    level,
    iconButton("add", "Zoom in", "Zoom in. Key: +, or the mouse wheel", () => studio.camera.zoomBy(1.25)),
  );
}
