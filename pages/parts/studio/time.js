// Time: a slider over the kept moments of a run. All that is drawn follows it; from any moment a branch goes on.

import { give, make, write } from "./element.js";
import { whole } from "./numbers.js";
import { unpack } from "./snapshot.js";

const REST = 250; // milliseconds the slider rests before the chosen sample is followed anew

const TIP = "Go back to how the network was: boxes, surface and answers follow. Moments are kept while it trains, denser towards now.";
const MARK = "Keep this moment for good: it is let go neither for newer ones nor for room on the disk.";
const BRANCH = "Train on from this moment, or from the end of a run that is over, as a run of its own, with anything changed: rate, batch size, data, layers.";

/** Where the person is in the run's time: `state.back` is a step, or null for now. */
class Time {
  constructor(studio) {
    Object.assign(this, { studio, busy: false, timer: 0, present: null });
    studio.ending.push(() => clearTimeout(this.timer));
  }

  /** The steps one can go back to. Of a run that is over the last of them is its end, which is now. */
  get steps() {
    const { run } = this.studio.state;
    const moments = run?.moments ?? [];
    return run?.over && moments.at(-1) === run.progress?.step ? moments.slice(0, -1) : moments;
  }

  /** The moment a branch would go on from: the one that is looked at, or the end of a run that is over. */
  get origin() {
    const { back, run } = this.studio.state;
    const end = run?.over ? run.progress?.step : undefined;
    return back ?? (end !== undefined && run.moments?.at(-1) === end ? end : null);
  }

  /** Goes to a step, or to now: what was changed for a branch is then undone, for the run knows nothing of it. */
  go(step) {
    const { state, tell, views } = this.studio;
    if (state.back === step) return;
    if (state.back === null) this.present = state.draft;
    state.back = step;
    tell("back", "snapshot", "points");
    clearTimeout(this.timer);
    if (step !== null) return void this.fetch();
    if (this.studio.live() && this.present !== state.draft) this.putBack();
    if (state.latest) state.snapshot = state.latest;
    state.latest = null;
    views.forget();
    views.refresh();
  }

  /** Whether something was changed for a branch since the person went back. */
  get altered() {
    const { back, draft } = this.studio.state;
    return back !== null && JSON.stringify(this.present) !== JSON.stringify(draft);
  }

  async putBack() {
    const { draft, say } = this.studio;
    const changed = JSON.stringify(this.present) !== JSON.stringify(this.studio.state.draft);
    await draft.push("check", { draft: this.present });
    if (changed) say("What you changed for a branch is put back: the run knows nothing of it. Undo brings it again.");
  }

  /** Shows the moment asked for last; one answer is waited for at a time. */
  async fetch() {
    if (this.busy) return;
    this.busy = true;
    const { state, ask } = this.studio;
    for (let shown = null; state.back !== null && shown !== state.back; ) {
      const [run, step] = [state.run.id, state.back];
      const reply = await ask("moment", { run, step });
      shown = step;
      if (!reply.ok && state.back === step) {
        this.studio.tellProblems(reply);
        this.go(null);
      } else if (reply.ok && state.back !== null && state.run?.id === run) this.show(reply.data);
    }
    this.busy = false;
    this.timer = setTimeout(() => this.follow(), REST);
  }

  show(data) {
    const { state, tell } = this.studio;
    state.snapshot = unpack(data);
    tell("snapshot");
  }

  /** Follows the chosen sample through the network of this moment, which may have seen another one. */
  async follow() {
    const { state, ask } = this.studio;
    const { back, run, sample, gaze, snapshot } = state;
    if (back === null || (snapshot?.facts.sample?.index === sample && !gaze.typed)) return;
    const reply = await ask("look", { draft: run.experiment, run: run.id, step: back, sample, gaze });
    if (reply.ok && reply.data && state.back === back && state.sample === sample) this.show(reply.data);
  }
}

/** @returns {HTMLElement} */
export function createTime(studio) {
  const { state, on } = studio;
  const time = new Time(studio);
  const slider = make("input", { type: "range", min: 0, step: 1, id: "ls-time", "aria-label": "Moment of the run" });
  const words = make("output", { class: "ls-time-words", for: "ls-time" });
  const now = button("Now", "Back to now.", () => time.go(null));
  const keep = button("Mark", MARK, () => studio.command({ kind: "mark", step: state.back }));
  const branch = button("Branch", BRANCH, () => studio.branch(time.origin));
  slider.addEventListener("input", () => time.go(time.steps[Number(slider.value)] ?? null));
  studio.altered = () => time.altered;
  studio.goBack = (step) => time.go(step);
  studio.followBack = () => time.follow();
  on("run back connection draft", () => {
    const { steps } = time;
    const at = state.back === null ? steps.length : nearest(steps, state.back);
    give(slider, "max", Math.max(1, steps.length));
    slider.value = steps.length ? at : 1;
    slider.style.setProperty("--fill", `${steps.length ? (at / steps.length) * 100 : 100}%`);
    give(slider, "disabled", !steps.length || !state.connected);
    const text = state.back === null ? "now" : `step ${whole(state.back)}`;
    write(words, text);
    give(slider, "aria-valuetext", text);
    give(now, "disabled", state.back === null);
    give(keep, "data-tip", state.run?.over ? "Of a run that is over all moments there are stay." : MARK);
    give(keep, "disabled", !studio.live() || state.run.state === "queued" || !state.connected);
    give(branch, "data-tip", state.back === null ? BRANCH : `${BRANCH} ${settingsOf(state.draft)}`);
    give(branch, "disabled", time.origin === null || Boolean(studio.reason()));
    give(studio.root, "data-back", state.back !== null);
  });
  const label = make("label", { for: "ls-time", class: "ls-label" }, "Time");
  return make("div", { class: "ls-time", "data-tip": TIP }, label, slider, words, now, keep, branch);
}

/** That settings do not go back with the slider, since a branch is there to try others. */
function settingsOf(draft) {
  const rate = draft?.training?.optimizer?.learning_rate;
  return `The settings above stay as they are now${rate === undefined ? "" : `: the learning rate is ${rate}`}.`;
}

function button(title, tip, onclick) {
  return make("button", { type: "button", class: "ls-chip", "data-tip": tip, disabled: true, onclick }, title);
}

/** The place of the kept step nearest to one that may have been let go since. */
function nearest(steps, step) {
  const gap = (place) => Math.abs(steps[place] - step);
  return steps.reduce((best, _, place) => (gap(place) < gap(best) ? place : best), 0);
}
