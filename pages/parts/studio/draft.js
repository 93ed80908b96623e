// The draft: every change is asked of Python, and its reply is the new truth. Undo, redo, and what outlives a reload.

const KEPT = 100; // steps of undo
const SHELF = "layerscope.draft";

/** The part of a draft that decides what the untrained network looks like. */
export function body(draft) {
  return JSON.stringify([draft.data, draft.network, draft.training?.seed]);
}

/** The draft as it was left in this browser, or null. */
function saved() {
  try {
    return JSON.parse(localStorage.getItem(SHELF));
  } catch {
    return null;
  }
}

function keep(draft) {
  try {
    localStorage.setItem(SHELF, JSON.stringify(draft));
  } catch {
    // A full or forbidden storage costs only what a reload would have found.
  }
}

/**
 * The draft's owner. `edit` sends an intent; intents are asked one after the other, and of several
 * waiting for the same setting only the newest is asked. A `gesture` (one drag) is one step of undo.
 * @param {object} studio
 */
export function createDraft(studio) {
  const { state, tell } = studio;
  const history = { past: [], future: [], gesture: null };
  const waiting = [];
  let busy = false;

  const take = (reply) => {
    Object.assign(state, { draft: reply.draft, drawing: reply.drawing, problems: reply.problems ?? [], notice: "" });
    if (!reply.drawing.boxes.some((box) => box.id === state.selected)) studio.select(null);
    keep(reply.draft);
    tell("draft", "run");
    studio.views.refresh();
  };
  const refuse = (reply) => studio.say(reply.problems?.map(({ what, fix }) => `${what} ${fix}`).join(" ") ?? "");
  const remember = (gesture) => {
    if (gesture && gesture === history.gesture) return;
    history.gesture = gesture;
    if (state.draft) history.past.push(state.draft);
    if (history.past.length > KEPT) history.past.shift();
    history.future = [];
  };
  const step = async ({ action, fields, gesture, silent, done }) => {
    const reply = await studio.ask(action, action === "template" ? fields : { draft: state.draft, ...fields });
    if (!reply.ok) refuse(reply);
    else {
      if (!silent) remember(gesture);
      take(reply);
    }
    done(reply);
  };
  const run = async () => {
    if (busy) return;
    busy = true;
    while (waiting.length) await step(waiting.shift());
    busy = false;
  };
  const push = (action, fields, { gesture = null, silent = false } = {}) => new Promise((done) => {
    const path = fields.edit?.kind === "set" ? fields.edit.path : null;
    const same = path ? waiting.findIndex((other) => other.fields.edit?.path === path) : -1;
    if (same >= 0) waiting.splice(same, 1)[0].done({ ok: true, skipped: true });
    waiting.push({ action, fields, gesture, silent, done });
    run();
  });
  const travel = (from, to) => {
    if (!from.length) return;
    const target = from.pop();
    to.push(state.draft);
    history.gesture = null;
    push("check", { draft: target }, { silent: true });
  };

  return {
    edit: (edit, options) => push("edit", { edit }, options),
    template: (name) => push("template", { name }).then((reply) => reply.ok && studio.detach()),
    check: (draft) => push("check", { draft }, { silent: true }),
    take,
    remember,
    undo: () => travel(history.past, history.future),
    redo: () => travel(history.future, history.past),
    can: () => ({ undo: history.past.length > 0, redo: history.future.length > 0 }),
    saved,
  };
}
