// The draft: every change is asked of Python, and its reply is the new truth. Undo, redo, and what outlives
// a reload.

const KEPT = 100; // steps of undo
const OWN = new Set(["template", "load"]); // bring a draft of their own
const SHELF = "layerscope.draft";
const EDITS = "layerscope.edits"; // what this tab has changed since the run it shows was started

/** The part of a draft that decides what the untrained network looks like. */
export function body(draft) {
  return JSON.stringify([draft.data, draft.network, draft.training?.seed]);
}

function put(storage, shelf, value) {
  try {
    if (value) storage.setItem(shelf, JSON.stringify(value));
    else storage.removeItem(shelf);
  } catch {
    // A full or forbidden storage costs only what a reload would have found.
  }
}

function found(storage, shelf) {
  try {
    return JSON.parse(storage.getItem(shelf));
  } catch {
    return null;
  }
}

/** The draft's owner. A `gesture` (one drag) is one step of undo. */
export class Draft {
  constructor(studio) {
    this.studio = studio;
    this.past = [];
    this.future = [];
    this.gesture = null;
    this.waiting = [];
    this.busy = false;
  }

  edit(edit, options) {
    return this.push("edit", { edit }, options);
  }

  template(name) {
    return this.push("template", { name });
  }

  /** Opens the experiment in a link or in the text of a file. */
  load(text) {
    return this.push("load", { text });
  }

  check(draft) {
    return this.push("check", { draft }, { silent: true });
  }

  undo() {
    this.travel(this.past, this.future);
  }

  redo() {
    this.travel(this.future, this.past);
  }

  can() {
    return { undo: this.past.length > 0, redo: this.future.length > 0 };
  }

  /** The draft as it was left in this browser, or null. */
  saved() {
    return found(localStorage, SHELF);
  }

  /** The draft with what this tab had changed since that run was started, or null. */
  left(run) {
    const edits = found(sessionStorage, EDITS);
    return edits?.run === run ? edits.draft : null;
  }

  /** Keeps the draft for a reload, with the run it goes beyond. */
  keep() {
    const { run, draft } = this.studio.state;
    const beyond = run?.experiment && JSON.stringify(run.experiment) !== JSON.stringify(draft);
    put(localStorage, SHELF, draft);
    put(sessionStorage, EDITS, beyond ? { run: run.id, draft } : null);
  }

  /** Takes up again what was changed since the run was started. */
  async recover(draft) {
    const { state, live, changed, say } = this.studio;
    const reply = await this.push("check", { draft });
    if (!reply.ok || (live() && !changed())) return;
    const next = live() ? " and apply at the next Train" : "";
    say(`Your changes since run ${state.run.id} was started are kept${next}. Undo takes them back.`);
  }

  /**
   * Asks for one change after the other. Of several that wait for the same setting only the newest is
   * asked; the promise holds the reply.
   */
  push(action, fields, { gesture = null, silent = false, final = !gesture } = {}) {
    const path = fields.edit?.kind === "set" ? fields.edit.path : null;
    return new Promise((done) => {
      const same = path ? this.waiting.findIndex((other) => other.fields.edit?.path === path) : -1;
      if (same >= 0) this.waiting.splice(same, 1)[0].done({ ok: true, skipped: true });
      this.waiting.push({ action, fields, gesture, silent, final, done });
      this.work();
    });
  }

  async work() {
    if (this.busy) return;
    this.busy = true;
    while (this.waiting.length) await this.step(this.waiting.shift());
    this.busy = false;
  }

  async step({ action, fields, gesture, silent, final, done }) {
    const { studio } = this;
    const { draft, folded } = studio.state;
    const whole = OWN.has(action) ? fields : { draft, ...fields, ...(folded.length ? { folded } : {}) };
    const reply = await studio.ask(action, whole);
    if (reply.ok) {
      if (!silent) {
        this.remember(gesture);
        studio.say("");
      }
      this.take(reply);
      if (final) studio.runs.follow();
    } else studio.tellProblems(reply);
    done(reply);
  }

  /** Keeps for undo what is about to change: the draft as it is now, or a weight of a run that goes on. */
  remember(gesture, held = this.studio.state.draft) {
    if (gesture && gesture === this.gesture) return;
    this.gesture = gesture;
    if (held) this.past.push(held);
    if (this.past.length > KEPT) this.past.shift();
    this.future = [];
    this.studio.tell("undo");
  }

  /** Writes what was kept for undo and redo anew: a change from elsewhere is no step of theirs. */
  rewrite(write) {
    for (const kept of [this.past, this.future])
      kept.forEach((held, place) => (kept[place] = held.weight ? held : write(held)));
  }

  /** Takes Python's answer as the truth. */
  take(reply) {
    const { state, tell, views, select, prune } = this.studio;
    const { draft, drawing, problems = [] } = reply;
    const other = state.draft && state.draft.data.kind !== draft.data.kind;
    if (other) this.forget();
    Object.assign(state, { draft, drawing, problems });
    prune();
    const gone = state.selected && !drawing.boxes.some((box) => box.id === state.selected);
    if (other || gone) select(null);
    this.keep();
    tell("draft", "run");
    views.refresh();
  }

  /** Pictures of other data are worse than none. */
  forget() {
    const { state, tell, views } = this.studio;
    Object.assign(state, { snapshot: null, preview: null });
    views.forget();
    tell("snapshot", "preview");
  }

  /** One step back or forth. A run that goes on follows: in its live settings, and in a weight set by hand. */
  async travel(from, to) {
    const { state, tell } = this.studio;
    if (!from.length) return;
    const target = from.pop();
    this.gesture = null;
    tell("undo");
    if (target.weight) return this.reweigh(target, from, to);
    to.push(state.draft);
    const before = state.drawing.live;
    const reply = await this.push("check", { draft: target }, { silent: true });
    if (reply.ok) this.steer(before);
  }

  /** Sends the live settings that have another value than before to a run that goes on. */
  steer(before) {
    const { state, steers, runs } = this.studio;
    const held = new Map(before.map(({ setting, value }) => [setting, value]));
    for (const { setting, value } of steers() ? state.drawing.live : [])
      if (held.has(setting) && held.get(setting) !== value) runs.move(setting, value);
  }

  /** A weight as it was before it was moved, or after; passed over when its run no longer goes on. */
  reweigh(target, from, to) {
    const { state, live, command } = this.studio;
    const { run, before, after, ...place } = target.weight;
    if (!live() || state.run.id !== run) return this.travel(from, to);
    to.push(target);
    return command({ kind: "weight", ...place, value: from === this.past ? before : after });
  }
}
