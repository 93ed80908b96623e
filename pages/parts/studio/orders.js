// Ordering runs about: Train, Pause, one step, Stop, Reset, and opening one again.

import { nameRun } from "./address.js";

/** Why nothing can be trained now, in words, or nothing. */
function hindrance({ connected, catalogue, drawing, problems }) {
  if (!connected) return catalogue ? "Reconnecting…" : "Connecting…";
  if (!drawing) return "Loading…";
  if (drawing.ready) return "";
  const problem = drawing.boxes.find((box) => box.problem)?.problem ?? problems[0];
  return problem ? `${problem.what} ${problem.fix}` : "The network is not complete.";
}

/** @param {object} studio */
export function createOrders(studio) {
  const { state, tell } = studio;
  return {
    ...createCommands(studio),
    reason: () => hindrance(state),
    detach: () => {
      studio.runs.detach();
      studio.views.forget();
      studio.views.refresh();
    },
    /** Ends what goes on, and shows the untrained network again. */
    reset: async () => {
      if (studio.live()) await studio.stop();
      studio.detach();
    },
    openRun: async (id, { quiet } = {}) => {
      const reply = await studio.ask("open", { run: id });
      if (reply.ok) {
        studio.draft.remember(null);
        const { name, parent, parent_step: step } = reply.run;
        await studio.runs.attach(id, reply.draft, name, { parent: parent && { run: parent, step }, told: reply.told });
        studio.draft.take(reply);
        studio.runs.elsewhere.begun();
      } else {
        nameRun(null);
        if (!quiet) studio.tellProblems(reply);
      }
      return reply;
    },
    /** A run is over: why, when it did not end by itself, and its last picture. */
    ended: (run) => {
      studio.say(run.reason || ""); // what was said while it went on holds no longer
      studio.views.refresh();
      tell("run");
    },
  };
}

/** Train and what follows: each does the sensible thing whether a run goes on or not. */
function createCommands(studio) {
  const { state } = studio;
  const command = (order) => studio.runs.command(order);
  const start = () => studio.runs.train(studio.pace());
  /** Does one thing, then waits; starts a run for it when there is none. */
  const once = (kind, more = {}) => {
    const order = { kind, ...more };
    if (studio.live()) return command(order);
    return studio.reason() ? undefined : studio.runs.train(studio.pace(), null, order);
  };
  /** Has a run go on whose process was gone. */
  const resume = async () => {
    studio.say("");
    const reply = await studio.ask("resume", { run: state.run.id }, false);
    if (!reply.ok) studio.tellProblems(reply);
    return reply;
  };
  return {
    command,
    start,
    resume,
    /** Whether the run's process is gone, so that it waits to be resumed. */
    cut: () => state.run?.state === "interrupted",
    toggle: () => {
      if (studio.live()) return command({ kind: state.run.state === "paused" ? "resume" : "pause" });
      if (studio.cut()) return resume();
      return studio.reason() ? undefined : start();
    },
    step: () => once("step"),
    epoch: () => once("epoch"),
    /** Goes on to the end of an epoch of this number, then waits. */
    epochTo: (number) => once("epoch", { number }),
    once,
    stop: () => command({ kind: "stop" }),
    /** Another run from a moment of this one; from the very beginning it is a run like any other. */
    branch: async (step) => {
      if (step === null || studio.reason()) return undefined;
      const origin = { run: state.run.id, step };
      const { epoch, step: end } = state.run.progress ?? {};
      const spent = step === end && state.draft.training.epochs !== null && state.draft.training.epochs <= epoch;
      if (spent) await studio.draft.edit({ kind: "set", path: "training.epochs", value: Math.max(2 * epoch, 1) });
      const reply = await studio.runs.train(studio.pace(), origin.step ? origin : null);
      if (reply?.ok && spent) studio.say(`It trains on from epoch ${epoch} to ${state.draft.training.epochs}.`);
      return reply;
    },
    trainAnew: async () => {
      await command({ kind: "stop" });
      await start();
    },
  };
}
