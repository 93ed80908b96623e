// The draft: every change is asked of Python, and its reply is the new truth. Undo, redo, and what outlives
// a reload.

const KEPT = 100; // steps of undo
const SHELF = "layerscope.draft";

/** The part of a draft that decides what the untrained network looks like. */
export function body(draft) {
  return JSON.stringify([draft.data, draft.network, draft.training?.seed]);
}

function keep(draft) {
  try {
    localStorage.setItem(SHELF, JSON.stringify(draft));
  } catch {
    // A full or forbidden storage costs only what a reload would have found.
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
    try {
      return JSON.parse(localStorage.getItem(SHELF));
    } catch {
      return null;
    }
  }

  /**
   * Asks for one change after the other. Of several that wait for the same setting only the newest is
   * asked; the promise holds the reply.
   */
  push(action, fields, { gesture = null, silent = false } = {}) {
    const path = fields.edit?.kind === "set" ? fields.edit.path : null;
    return new Promise((done) => {
      const same = path ? this.waiting.findIndex((other) => other.fields.edit?.path === path) : -1;
      if (same >= 0) this.waiting.splice(same, 1)[0].done({ ok: true, skipped: true });
      this.waiting.push({ action, fields, gesture, silent, done });
      this.work();
    });
  }

  async work() {
    if (this.busy) return;
    this.busy = true;
    while (this.waiting.length) await this.step(this.waiting.shift());
    this.busy = false;
  }

  async step({ action, fields, gesture, silent, done }) {
    const { studio } = this;
    const whole = action === "template" ? fields : { draft: studio.state.draft, ...fields };
    const reply = await studio.ask(action, whole);
    if (reply.ok) {
      if (!silent) {
        this.remember(gesture);
        studio.say("");
      }
      this.take(reply);
    } else studio.tellProblems(reply);
    done(reply);
  }

  /** Keeps the draft as it is now for undo. */
  remember(gesture) {
    if (gesture && gesture === this.gesture) return;
    this.gesture = gesture;
    if (this.studio.state.draft) this.past.push(this.studio.state.draft);
    if (this.past.length > KEPT) this.past.shift();
    this.future = [];
  }

  /** Takes Python's answer as the truth. */
  take(reply) {
    const { state, tell, views, select } = this.studio;
    const { draft, drawing, problems = [] } = reply;
    const other = state.draft && state.draft.data.kind !== draft.data.kind;
    if (other) this.forget();
    Object.assign(state, { draft, drawing, problems });
    if (other || !drawing.boxes.some((box) => box.id === state.selected)) select(null);
    keep(draft);
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

  travel(from, to) {
    if (!from.length) return;
    const target = from.pop();
    to.push(this.studio.state.draft);
    this.gesture = null;
    this.push("check", { draft: target }, { silent: true });
  }
}
