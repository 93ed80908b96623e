// The run that is watched: what it has told so far, and what a person asks of it.

import { unpack } from "./snapshot.js";
import { Curve } from "./series.js";

const LIVE = new Set(["queued", "starting", "running", "paused"]);
const SHELF = "layerscope.run";
const LATER = 2000; // milliseconds after which Streamlit has written the page's own address
const OFTEN = 40; // milliseconds between two values of a slider that is being dragged

/**
 * @typedef {Object} Run
 * @property {number} id
 * @property {string} name
 * @property {string} state
 * @property {object|null} progress
 * @property {Map<string, Curve>} series
 * @property {{step:number, text:string}[]} marks
 * @property {object|null} experiment  what was asked, as the run was started with
 */

/** @returns {Run} */
function freshRun(id, experiment, name = "") {
  return {
    id, name, experiment, state: "queued", reason: "", progress: null, series: new Map(), marks: [], ahead: 0,
    started: null, ended: null, cursor: 0, over: false, frames: 0,
  };
}

/**
 * The page's address names the run, so that a reload or another browser finds it again; this tab also
 * remembers it, for when one comes back from another page.
 */
function address(id) {
  const url = new URL(location.href);
  if (id === null) url.searchParams.delete("run");
  else url.searchParams.set("run", id);
  if (url.href !== location.href) history.replaceState(history.state, "", url);
  if (id === null) sessionStorage.removeItem(SHELF);
  else sessionStorage.setItem(SHELF, id);
}

/** The run to open: the one the address names, else the one this tab showed last. */
export function lastRun() {
  const named = Number(new URL(location.href).searchParams.get("run"));
  return { id: named || Number(sessionStorage.getItem(SHELF)), named: Boolean(named) };
}

function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Watches runs and commands them. */
export function createRuns(studio) {
  const { state, tell } = studio;
  const marks = window.__layerscope;
  const slow = new Map(); // setting -> the value that waits to be sent
  let [asking, later] = [null, 0];
  studio.ending.push(() => clearTimeout(later));

  const watch = () => studio.ask("watch", { run: state.run?.id ?? null, after: state.run?.cursor ?? 0 });
  const attach = (id, experiment, name) => {
    state.run = freshRun(id, experiment, name);
    address(id);
    later = setTimeout(() => state.run?.id === id && address(id), LATER);
    tell("run", "points", "marks");
    return watch();
  };
  const command = (order) => {
    if (!state.run || state.run.over) return Promise.resolve({ ok: false });
    return studio.ask("command", { run: state.run.id, command: order }, false).then((reply) => {
      if (!reply.ok) studio.say(reply.problems.map(({ what, fix }) => `${what} ${fix}`).join(" "));
      return reply;
    });
  };

  const heard = (push) => {
    const { run } = state;
    if (push.push !== "tick" || !run || push.run !== run.id) return;
    const before = run.state;
    absorb(run, push);
    marks.ticks += 1;
    marks.lastTickStep = run.progress?.step ?? 0;
    if (push.points && Object.keys(push.points).length) tell("points");
    if (push.marks?.length) tell("marks");
    tell("run");
    if (run.over && !LIVE.has(run.state) && before !== run.state) studio.ended(run);
  };
  const seen = (id, frame) => {
    if (state.run?.id !== id) return;
    state.snapshot = unpack(frame);
    state.run.frames += 1;
    marks.frames += 1;
    tell("snapshot");
  };

  const train = (pace) => {
    if (asking) return asking;
    marks.trainPressedAt = performance.now();
    marks.firstPointAt = null;
    const experiment = state.draft;
    asking = studio.ask("train", { draft: experiment, pace, key: randomKey() }).then((reply) => {
      asking = null;
      if (reply.ok) return attach(reply.run, experiment, experiment.name).then(() => reply);
      studio.say(reply.problems.map(({ what, fix }) => `${what} ${fix}`).join(" "));
      tell("run");
      return reply;
    });
    tell("run");
    return asking;
  };

  const send = (setting) => {
    const value = slow.get(setting);
    if (value === undefined) return void slow.delete(setting);
    slow.set(setting, undefined);
    marks.sliderSentAt = performance.now();
    command({ kind: "set", setting, value });
    setTimeout(() => send(setting), OFTEN);
  };
  /** Moves a setting of the live run: at most every 40 ms, and always the last value. */
  const move = (setting, value) => {
    const idle = !slow.has(setting);
    slow.set(setting, value);
    if (idle) send(setting);
  };

  return { attach, watch, command, heard, seen, train, move, asking: () => asking !== null,
    detach: () => {
      state.run = null;
      address(null);
      tell("run", "points", "marks");
      return watch();
    } };
}

/** Takes what a tick tells into the run. */
function absorb(run, push) {
  run.state = push.state;
  run.over = !LIVE.has(push.state);
  run.reason = push.reason ?? "";
  run.progress = push.progress ?? run.progress;
  run.ahead = push.ahead ?? 0;
  run.started = push.started ?? run.started;
  run.ended = push.ended ?? run.ended;
  run.cursor = push.cursor ?? run.cursor;
  for (const [name, [steps, values]] of Object.entries(push.points ?? {})) {
    if (!run.series.has(name)) run.series.set(name, new Curve());
    run.series.get(name).add(steps, values);
  }
  run.marks = push.first ? push.marks : run.marks.concat(push.marks ?? []);
}
