// A run as far as it has told: its state, its curves, its marks.

import { Curve } from "./series.js";

const LIVE = new Set(["queued", "starting", "running", "paused"]);

/**
 * @typedef {Object} Run
 * @property {number} id
 * @property {string} name
 * @property {string} state
 * @property {boolean} over
 * @property {object|null} progress
 * @property {Map<string, Curve>} series
 * @property {{step:number, text:string}[]} marks
 * @property {object|null} experiment  what was asked, as the run was started with
 * @property {number[]} moments  the steps of its past that are kept
 * @property {{run:number, step:number}|null} parent  the moment of another run it goes on from
 * @property {Map<string, Curve>|null} before  the curves of that run up to there
 * @property {number} told  the number of the event up to which the draft knows what was changed
 */

/** Whether more will come of a run in this state. */
export function goesOn(state) {
  return LIVE.has(state);
}

/** @returns {Run} */
export function freshRun(id, experiment, name = "", { parent = null, told = 0 } = {}) {
  const nothing = {
    reason: "",
    progress: null,
    started: null,
    ended: null,
    turbo: null,
    ahead: 0,
    cursor: 0,
    over: false,
    before: null,
  };
  const empty = { series: new Map(), marks: [], moments: [] };
  return { id, name, experiment, parent, told, state: "queued", ...empty, ...nothing };
}

/** Takes what a tick tells into the run. */
export function absorb(run, push) {
  run.state = push.state;
  run.over = !goesOn(push.state);
  run.reason = push.reason ?? "";
  run.ahead = push.ahead ?? 0;
  for (const name of ["progress", "started", "ended", "turbo", "cursor"]) run[name] = push[name] ?? run[name];
  for (const [name, [steps, values]] of Object.entries(push.points ?? {})) {
    if (!run.series.has(name)) run.series.set(name, new Curve());
    run.series.get(name).add(steps, values);
  }
  run.moments = push.moments ?? run.moments;
  run.marks = push.first ? push.marks : run.marks.concat(push.marks ?? []);
}
