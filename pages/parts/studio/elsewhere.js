// What was changed elsewhere, in another tab or on the command line, in the run that is watched: the draft follows.

const key = (value) => JSON.stringify(value);
const within = (one, other) => one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);

/** The object of an experiment that holds a setting, and its name there; null where there is none. */
function placeOf(experiment, setting) {
  const [root, id, ...path] = setting.split(".");
  const name = path.pop() ?? id;
  const node = root === "network" ? experiment.network.nodes.find((one) => one.id === id) : null;
  const start = node ? (name === "frozen" ? node : node.layer) : root === "training" ? experiment.training : null;
  const inner = node || name === id ? path : [id, ...path];
  const holder = inner.reduce((at, word) => at?.[word], start);
  return holder && name in holder ? { holder, name } : null;
}

/** A copy of an experiment with another value of a setting, where it still has the one it is changed from. */
function moved(experiment, setting, before, value) {
  const copy = structuredClone(experiment);
  const place = placeOf(copy, setting);
  if (!place || key(place.holder[place.name]) !== key(before)) return experiment;
  place.holder[place.name] = value;
  return copy;
}

function editOf(setting, value) {
  const [root, id, name] = setting.split(".");
  if (root === "network" && name === "frozen") return { kind: "freeze", nodes: [id], frozen: value };
  return { kind: "set", path: setting, value };
}

/** Tells what this tab has sent from what others have, and puts the latter into the draft. */
export class Elsewhere {
  constructor(studio) {
    Object.assign(this, { studio, own: [], waiting: [], ready: false, busy: false });
    studio.on("back", () => this.follow());
  }

  /** Another run is watched, whose draft is not there yet. */
  begin() {
    Object.assign(this, { own: [], waiting: [], ready: false });
  }

  /** Its draft is there, with all that was changed up to now. */
  begun() {
    this.ready = true;
    this.follow();
  }

  /** This tab says so itself. */
  sent(setting, value) {
    const { experiment } = this.studio.state.run;
    const place = experiment && placeOf(experiment, setting);
    this.own.push({ setting, value: key(value), was: place && structuredClone(place.holder[place.name]) });
  }

  /** Something that was sent was refused: none of it is waited for, and the draft is again as the run is. */
  refused() {
    const known = this.own.filter(({ was }) => was !== undefined);
    this.waiting.push(...known.reverse().map(({ setting, was }) => ({ setting, value: was })));
    this.own = [];
    this.follow();
  }

  /** Takes what the run tells: numbered changes, and notes of what it refused. */
  heard({ changes = [], notes = [] }) {
    const { run } = this.studio.state;
    for (const change of changes.filter(({ number }) => number > run.told)) {
      run.told = change.number;
      const mine = this.own.findIndex(({ setting, value }) => setting === change.setting && value === key(change.value));
      if (mine >= 0) this.own.splice(0, mine + 1);
      else if (!this.own.some(({ setting }) => within(setting, change.setting))) this.waiting.push(change);
    }
    if (notes.length) this.refused();
    else this.follow();
  }

  /** Puts what waits into the draft, one after the other; not while that is for a branch from the past. */
  async follow() {
    if (this.busy) return;
    this.busy = true;
    while (this.ready && this.studio.state.back === null && this.waiting.length) {
      const { setting, value } = this.waiting.shift();
      if (!this.waiting.some((later) => later.setting === setting)) await this.take(setting, value);
    }
    this.busy = false;
  }

  /** What is typed or dragged at this moment stays: a field shows what the draft says once it is let go. */
  take(setting, value) {
    const { state, draft } = this.studio;
    const asked = state.run.experiment && placeOf(state.run.experiment, setting);
    const know = () => asked && (asked.holder[asked.name] = structuredClone(value));
    const place = placeOf(state.draft, setting);
    if (!place) return know();
    draft.rewrite((experiment) => moved(experiment, setting, place.holder[place.name], value));
    return draft.push("edit", { edit: editOf(setting, value) }, { silent: true, final: false }).then(know);
  }
}
