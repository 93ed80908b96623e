// What a person can do to the draft, and what to look at.

/** A copy of an experiment without the settings that are moved live, to tell whether the rest differs. */
function rest(experiment, paths) {
  const copy = structuredClone(experiment);
  for (const path of paths) {
    const keys = path.split(".");
    const last = keys.pop();
    const place = keys.reduce(
      (at, key) => at?.[key] ?? at?.nodes?.find(({ id }) => id === key)?.layer,
      copy,
    );
    if (place) delete place[last];
  }
  return JSON.stringify(copy);
}

/** How many neurons or filters of a node the snapshot knows. */
function unitsOf(snapshot, node) {
  const known = ["values", "maps", "filters"]
    .map((name) => snapshot?.arrays.get(`${name}/${node}`))
    .find(Boolean);
  return known?.shape[0] ?? 1;
}

/** @param {object} studio */
export function createActions(studio) {
  return { ...createNotices(studio), ...createChoices(studio), ...createEdits(studio) };
}

function createNotices({ state, tell }) {
  const say = (text) => {
    state.notice = text;
    tell("notice");
  };
  return {
    say,
    tellProblems: (reply) => say((reply.problems ?? []).map(({ what, fix }) => `${what} ${fix}`).join(" ")),
  };
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
      if (target)
        requestAnimationFrame(() =>
          studio.root.querySelector(`.ls-box[data-id="${CSS.escape(target)}"]`)?.focus(),
        );
    },
    pickNeuron: (neuron) => choose(neuron.node, neuron, null),
    pickLink: ({ node, out, from }) => choose(node, null, { node, out, from }),
    nextNeuron: (way) => {
      const { node, unit } = state.neuron;
      const count = unitsOf(state.snapshot, node);
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
      const reply = run && (await studio.ask("compare", { run: run.id }));
      if (reply && !reply.ok) return studio.tellProblems(reply);
      const { curvesOf } = await import("./charts.js");
      state.other = run && { name: `${run.id} · ${reply.name}`, series: curvesOf(reply.series) };
      tell("overlay");
      return undefined;
    },
    exportRun: () =>
      studio.trigger?.("export", {
        run: state.run?.id ?? null,
        draft: state.run ? null : state.draft,
        seq: Date.now(),
      }),
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
    /** Other data or another experiment: a run that goes on with the old one is ended, and kept. */
    begin: async (edit) => {
      const reply = await edit();
      const id = studio.live() ? state.run.id : null;
      if (!reply.ok) return;
      state.sample = 0;
      studio.select(null);
      await studio.reset();
      if (id) studio.say(`Run ${id} was stopped, and is kept in Runs.`);
    },
    template: (name) => studio.begin(() => studio.draft.template(name)),
    chooseData: (entry) => studio.begin(() => studio.draft.edit({ kind: "choose", path: "data", entry })),
    insert: (layer) => {
      const boxes = state.drawing.boxes;
      const chosen = boxes.findIndex(({ id }) => id === state.selected);
      const after = boxes[chosen >= 0 && chosen < boxes.length - 1 ? chosen : boxes.length - 2].id;
      const before = new Set(boxes.map(({ id }) => id));
      return studio.draft.edit({ kind: "insert", after, layer }).then((reply) => {
        const added = reply.ok && state.drawing.boxes.find(({ id }) => !before.has(id));
        if (added) studio.announce(`${added.title} added.`);
        if (added) studio.select(added.id, { back: added.id });
      });
    },
    remove: (id) => {
      const title = studio.titleOf(id);
      return studio.draft
        .edit({ kind: "remove", nodes: [id] })
        .then(() => studio.announce(`${title} removed.`));
    },
    moveAfter: (node, after) =>
      studio.draft
        .edit({ kind: "move", node, after })
        .then(() => studio.announce(`${studio.titleOf(node)} moved, now after ${studio.titleOf(after)}.`)),
    /** Whether the draft differs from the run that is live, in more than what can be moved live. */
    changed: () => {
      if (!studio.live() || !state.run.experiment || !state.draft) return false;
      const paths = studio.liveSettings();
      return rest(state.draft, paths) !== rest(state.run.experiment, paths);
    },
  };
}
