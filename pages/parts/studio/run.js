// The run that is watched, and what a person asks of it.

import { rest } from "./actions.js";
import { nameRun } from "./address.js";
import { Elsewhere } from "./elsewhere.js";
import { curvesOf } from "./series.js";
import { unpack } from "./snapshot.js";
import { absorb, freshRun } from "./told.js";

const LATER = 2000; // milliseconds after which Streamlit has written the page's own address
const OFTEN = 40; // milliseconds between two values of a slider that is being dragged

/** A name of its own for one press of Train: asked twice, it is still one run. */
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const differ = (one, other) => JSON.stringify(one) !== JSON.stringify(other);

/** A network with no layer frozen, to tell whether the rest differs. */
function thawed({ nodes, ...others }) {
  return { ...others, nodes: nodes.map((node) => ({ ...node, frozen: false })) };
}

/** Watches one run at a time and commands it. */
export class Runs {
  constructor(studio) {
    this.studio = studio;
    this.facts = window.__layerscope;
    this.slow = new Map(); // setting -> the value that waits to be sent
    this.coming = null;
    this.later = 0;
    this.elsewhere = new Elsewhere(studio);
    studio.ending.push(() => clearTimeout(this.later));
  }

  /** Whether a run has been asked for and is not there yet. */
  asking() {
    return this.coming !== null;
  }

  watch() {
    const { run } = this.studio.state;
    return this.studio.ask("watch", { run: run?.id ?? null, after: run?.cursor ?? 0, told: run?.told ?? 0 });
  }

  /** Watches a run from now on. parent: the moment it is a branch of. told: the number of the event it is known to. */
  attach(id, experiment, name, { parent = null, told = 0 } = {}) {
    const { state, tell } = this.studio;
    Object.assign(state, { back: null, latest: null });
    state.run = freshRun(id, structuredClone(experiment), name, { parent, told });
    this.elsewhere.begin();
    if (parent) this.join(state.run);
    if (state.other) this.studio.overlay(state.other); // of another task it does not lie over this one
    nameRun(id);
    clearTimeout(this.later);
    this.later = setTimeout(() => state.run?.id === id && nameRun(id), LATER);
    tell("run", "points", "marks", "back");
    return this.watch();
  }

  /** Fetches the curves a branch goes on from. A parent that is gone leaves the branch alone on the chart. */
  async join(run) {
    const reply = await this.studio.ask("compare", { run: run.parent.run });
    if (!reply.ok) return;
    run.before = curvesOf(reply.series, run.parent.step);
    this.studio.tell("points");
  }

  detach() {
    Object.assign(this.studio.state, { run: null, back: null, latest: null });
    nameRun(null);
    this.studio.draft.keep();
    this.studio.tell("run", "points", "marks", "back");
    return this.watch();
  }

  async command(order) {
    const { state, ask, tellProblems } = this.studio;
    if (!state.run || state.run.over) return { ok: false };
    if (order.kind === "set") this.elsewhere.sent(order.setting, order.value);
    const reply = await ask("command", { run: state.run.id, command: order }, false);
    if (!reply.ok) {
      this.elsewhere.refused();
      tellProblems(reply);
    }
    return reply;
  }

  /**
   * Starts a run of the draft; pressed again before it is there, it is the same run.
   * origin: the moment it goes on from, {run, step}; none begins anew.
   * first: what it is told before its first step.
   */
  train(pace, origin = null, first = null) {
    this.coming ??= this.start(pace, origin, first).finally(() => {
      this.coming = null;
      this.studio.tell("run");
    });
    this.studio.tell("run");
    return this.coming;
  }

  async start(pace, origin, first) {
    const { state, ask, say, tellProblems } = this.studio;
    say("");
    Object.assign(this.facts, { trainPressedAt: performance.now(), firstPointAt: null });
    const experiment = state.draft;
    const reply = await ask("train", { draft: experiment, pace, key: randomKey(), origin, first });
    if (reply.ok) {
      await this.attach(reply.run, experiment, experiment.name, { parent: origin });
      this.elsewhere.begun();
      this.studio.draft.keep();
      this.command({ kind: "look", sample: state.sample, gaze: state.gaze }); // a run begins with the first row of the data
    } else tellProblems(reply);
    return reply;
  }

  /** Takes a push of the server. */
  heard(push) {
    const { state, tell, ended } = this.studio;
    const { run } = state;
    if (push.push !== "tick" || !run || push.run !== run.id) return;
    const before = run.state;
    absorb(run, push);
    this.elsewhere.heard(push);
    this.facts.ticks += 1;
    this.facts.lastTickStep = run.progress?.step ?? 0;
    if (push.points && Object.keys(push.points).length) tell("points");
    if (push.marks?.length) tell("marks");
    tell("run");
    if (push.notes?.length) this.studio.say(push.notes.at(-1));
    if (run.over && before !== run.state) ended(run);
  }

  /** Takes a live frame of the server. */
  seen(id, frame) {
    const { state, tell } = this.studio;
    if (state.run?.id !== id) return;
    this.facts.frames += 1;
    if (state.back !== null) state.latest = unpack(frame);
    else {
      state.snapshot = unpack(frame);
      tell("snapshot");
    }
  }

  /**
   * Has the live run follow the draft in all that can be changed while it trains: settings of training, and which
   * layers are frozen. Only while data and layers are its own; otherwise everything waits for the next Train.
   */
  follow() {
    const { state, steers, liveSettings } = this.studio;
    const { run, draft, drawing } = state;
    if (!steers() || !run.experiment || !drawing?.ready) return;
    const [was, is] = [run.experiment, draft].map((one) => rest(one, liveSettings()));
    if (differ(was.data, is.data) || differ(thawed(was.network), thawed(is.network))) return;
    for (const part of state.catalogue.changeable)
      if (differ(was.training[part], is.training[part])) {
        this.command({ kind: "set", setting: `training.${part}`, value: draft.training[part] });
        run.experiment.training[part] = structuredClone(draft.training[part]);
      }
    run.experiment.network.nodes.forEach((node, place) => {
      const { frozen } = draft.network.nodes[place];
      if (node.frozen !== frozen) this.command({ kind: "set", setting: `network.${node.id}.frozen`, value: frozen });
      node.frozen = frozen;
    });
  }

  /** Moves a setting of the live run: at most every 40 ms, and always the last value. */
  move(setting, value) {
    const idle = !this.slow.has(setting);
    this.slow.set(setting, value);
    if (idle) this.send(setting);
  }

  send(setting) {
    const value = this.slow.get(setting);
    if (value === undefined) return void this.slow.delete(setting);
    this.slow.set(setting, undefined);
    this.facts.sliderSentAt = performance.now();
    this.command({ kind: "set", setting, value });
    setTimeout(() => this.send(setting), OFTEN);
  }
}
