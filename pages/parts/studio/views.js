// Asks for pictures when nothing trains: how the data looks, and how the network looks inside.

import { body } from "./draft.js";
import { unpack } from "./snapshot.js";

const PATIENCE = 120; // milliseconds without a new edit before a picture is asked for

/**
 * Keeps `state.preview` and `state.snapshot` true to the draft (or to the chosen run that is over).
 * Asks only when something it depends on has changed, and drops answers that came too late.
 */
export function createViews(studio) {
  const { state, tell } = studio;
  const shown = { preview: "", look: "" };
  let timer = 0;

  /** The run whose weights are to be shown: one that is over and is what the draft describes. */
  const source = () => {
    const { run, draft } = state;
    return run?.over && run.experiment && body(run.experiment) === body(draft) ? run.id : null;
  };
  const preview = async () => {
    const key = JSON.stringify(state.draft.data);
    if (key === shown.preview) return;
    shown.preview = key;
    const reply = await studio.ask("preview", { draft: state.draft });
    if (shown.preview !== key) return;
    if (!reply.ok || !reply.data) return void (shown.preview = "");
    state.preview = unpack(reply.data);
    tell("preview");
  };
  const look = async () => {
    if (studio.live() || !state.drawing.ready) return;
    const run = source();
    const key = `${body(state.draft)}|${run}|${state.sample}`;
    if (key === shown.look) return;
    shown.look = key;
    const reply = await studio.ask("look", { draft: state.draft, run, sample: state.sample });
    if (shown.look !== key || studio.live()) return;
    if (!reply.ok || !reply.data) return void (shown.look = "");
    state.snapshot = unpack(reply.data);
    tell("snapshot");
  };
  const refresh = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!state.draft) return;
      preview();
      look();
    }, PATIENCE);
  };
  return {
    refresh,
    /** Forgets what is shown, so that the next refresh asks again. */
    forget: () => { shown.look = ""; },
    /** Whether the boxes show an untrained network. */
    untrained: () => !studio.live() && source() === null,
    end: () => clearTimeout(timer),
  };
}
