// What a person can do: edit the draft, choose what to look at, and order a run about.

/** A copy of an experiment without the settings that are moved live, to tell whether the rest differs. */
function rest(experiment, paths) {
  const copy = structuredClone(experiment);
  for (const path of paths) {
    const keys = path.split(".");
    const last = keys.pop();
    const place = keys.reduce((at, key) => at?.[key] ?? at?.nodes?.find(({ id }) => id === key)?.layer, copy);
    if (place) delete place[last];
  }
  return JSON.stringify(copy);
}

/** @param {object} studio */
export function createActions(studio) {
  return { ...createNotices(studio), ...createChoices(studio), ...createEdits(studio), ...createOrders(studio) };
}

function createNotices({ state, tell }) {
  const say = (text) => {
    state.notice = text;
    tell("notice");
  };
  return { say, tellProblems: (reply) => say((reply.problems ?? []).map(({ what, fix }) => `${what} ${fix}`).join(" ")) };
}

/** Looking: boxes, neurons, links, samples, other runs. */
function createChoices(studio) {
  const { state, tell } = studio;
  const choose = (selected, neuron, link) => {
    Object.assign(state, { selected, neuron, link });
    tell("selection");
  };
  return {
    select: (id, { focus, back } = {}) => {
      const before = state.selected;
      choose(id, null, null);
      if (focus) studio.focusDock();
      const target = back === true ? before : back;
      if (target) requestAnimationFrame(() => studio.root.querySelector(`.ls-box[data-id="${CSS.escape(target)}"]`)?.focus());
    },
    pickNeuron: (neuron) => choose(neuron.node, neuron, null),
    pickLink: ({ node, out, from }) => choose(node, null, { node, out, from }),
    nextNeuron: (way) => {
      const { node, unit } = state.neuron;
      const count = state.snapshot?.arrays.get(`values/${node}`)?.shape[0] ?? 1;
      choose(node, { node, unit: (unit + way + count) % count }, null);
    },
    hover: (hovered) => {
      if (hovered?.node === state.hovered?.node && hovered?.unit === state.hovered?.unit) return;
      state.hovered = hovered;
      tell("hover");
    },
    chooseSample: (sample) => {
      state.sample = sample;
      tell("sample");
      if (studio.live()) studio.command({ kind: "look", sample });
      else studio.views.refresh();
    },
    overlay: async (run) => {
      const reply = run && await studio.ask("compare", { run: run.id });
      if (reply && !reply.ok) return studio.tellProblems(reply);
      const { curvesOf } = await import("./charts.js");
      state.other = run && { name: `${run.id} · ${reply.name}`, series: curvesOf(reply.series) };
      tell("overlay");
      return undefined;
    },
    exportRun: () => state.run && studio.trigger?.("export", { run: state.run.id, seq: Date.now() }),
  };
}

/** Editing the draft, and moving what may be moved while a run trains. */
function createEdits(studio) {
  const { state } = studio;
  return {
    change: (path, value, { final, gesture }) => {
      const live = studio.live() && studio.liveSettings().has(path);
      if (live) studio.runs.move(path, value);
      if (!live || final) studio.draft.edit({ kind: "set", path, value }, { gesture });
    },
    insert: (layer) => {
      const boxes = state.drawing.boxes;
      const chosen = boxes.findIndex(({ id }) => id === state.selected);
      const after = boxes[chosen >= 0 && chosen < boxes.length - 1 ? chosen : boxes.length - 2].id;
      const before = new Set(boxes.map(({ id }) => id));
      return studio.draft.edit({ kind: "insert", after, layer }).then((reply) => {
        const added = reply.ok && state.drawing.boxes.find(({ id }) => !before.has(id));
        if (added) studio.select(added.id, { back: added.id });
      });
    },
    remove: (id) => studio.draft.edit({ kind: "remove", nodes: [id] }),
    moveAfter: (node, after) => studio.draft.edit({ kind: "move", node, after }),
    /** Whether the draft differs from the run that is live, in more than what can be moved live. */
    changed: () => {
      if (!studio.live() || !state.run.experiment || !state.draft) return false;
      const paths = studio.liveSettings();
      return rest(state.draft, paths) !== rest(state.run.experiment, paths);
    },
  };
}

/** Ordering runs about. */
function createOrders(studio) {
  const { state, tell } = studio;
  const command = (order) => studio.runs.command(order);
  const start = () => studio.runs.train(studio.pace());
  /** Starts a run that does one thing, then waits. */
  const startFor = async (kind) => {
    const reply = await studio.runs.train(1);
    if (!reply?.ok) return;
    await command({ kind });
    await command({ kind: "pace", value: studio.pace() });
  };
  const orders = {
    command,
    /** Why nothing can be trained now, or nothing. */
    reason: () => {
      if (!state.connected) return state.catalogue ? "Reconnecting…" : "Connecting…";
      if (!state.drawing) return "Loading…";
      const problem = state.drawing.boxes.find((box) => box.problem)?.problem ?? state.problems[0];
      return state.drawing.ready ? "" : problem ? `${problem.what} ${problem.fix}` : "The network is not complete.";
    },
    toggle: () => {
      if (studio.live()) return command({ kind: state.run.state === "paused" ? "resume" : "pause" });
      return orders.reason() ? undefined : start();
    },
    step: () => {
      if (studio.live()) return command({ kind: "step" });
      return orders.reason() ? undefined : startFor("step");
    },
    epoch: () => {
      if (studio.live()) return command({ kind: "epoch" });
      return orders.reason() ? undefined : startFor("epoch");
    },
    stop: () => command({ kind: "stop" }),
    trainAnew: async () => {
      await command({ kind: "stop" });
      await start();
    },
    detach: () => {
      studio.runs.detach();
      studio.views.forget();
      studio.views.refresh();
    },
    reset: async () => {
      if (studio.live()) await command({ kind: "stop" });
      orders.detach();
    },
    openRun: async (id, { quiet } = {}) => {
      const reply = await studio.ask("open", { run: id });
      if (!reply.ok) {
        if (!quiet) studio.tellProblems(reply);
        return reply;
      }
      studio.draft.remember(null);
      await studio.runs.attach(id, reply.draft, reply.run.name);
      studio.draft.take(reply);
      return reply;
    },
    ended: () => {
      studio.views.refresh();
      tell("run");
    },
  };
  return orders;
}
