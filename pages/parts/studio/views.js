// Asks for pictures when nothing trains: how the data looks, and how the network looks inside.

import { body } from "./draft.js";
import { unpack } from "./snapshot.js";

const AGAIN = 3000; // milliseconds before a picture that did not come is asked for again
const TRIES = 3; // and how often
const PATIENCE = 120; // milliseconds without a new edit before a picture is asked for

/**
 * Keeps `state.preview` and `state.snapshot` true to the draft (or to the watched run once it is over).
 * Asks only when something it depends on has changed, and drops answers that came too late.
 */
export class Views {
  constructor(studio) {
    Object.assign(this, { studio, shown: { preview: "", snapshot: "" }, timer: 0, tries: 0 });
  }

  /** The run whose weights are to be shown: one that is over and is what the draft describes. */
  source() {
    const { run, draft } = this.studio.state;
    return run?.over && run.experiment && body(run.experiment) === body(draft) ? run.id : null;
  }

  /** Whether the boxes show an untrained network. */
  untrained() {
    return !this.studio.live() && this.studio.state.back === null && this.source() === null;
  }

  refresh() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.studio.state.draft) return;
      this.preview();
      this.look();
    }, PATIENCE);
  }

  /** Forgets what is shown, so that the next refresh asks again. */
  forget() {
    this.shown = { preview: "", snapshot: "" };
  }

  preview() {
    const { draft } = this.studio.state;
    return this.get("preview", JSON.stringify(draft.data), "preview", { draft });
  }

  look() {
    const { draft, drawing, sample, gaze } = this.studio.state;
    if (this.elsewhere() || !drawing.ready) return undefined;
    const run = this.source();
    const key = `${body(draft)}|${run}|${sample}|${JSON.stringify(gaze)}`;
    return this.get("snapshot", key, "look", { draft, run, sample, gaze });
  }

  /** Asks for what goes into `state[place]`, unless it is there; a run begun meanwhile shows itself. */
  async get(place, key, action, fields) {
    if (this.shown[place] === key) return;
    this.shown[place] = key;
    const reply = await this.studio.ask(action, fields);
    if (this.shown[place] !== key || (place === "snapshot" && this.elsewhere())) return;
    if (!reply.ok || !reply.data) this.failed(place, reply);
    else {
      this.tries = 0;
      this.studio.state[place] = unpack(reply.data);
      this.studio.tell(place);
    }
  }

  /** Asks again a little later, for a busy machine; and says what is wrong when that does not help. */
  failed(place, reply) {
    this.shown[place] = "";
    this.tries += 1;
    clearTimeout(this.timer);
    if (this.tries <= TRIES) this.timer = setTimeout(() => this.refresh(), AGAIN);
    else this.studio.tellProblems(reply);
  }

  /** Whether something else than the network at rest is shown now. */
  elsewhere() {
    return this.studio.live() || this.studio.state.back !== null;
  }

  end() {
    clearTimeout(this.timer);
  }
}
