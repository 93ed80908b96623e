// What a person can look at, and what to do to the draft as a whole.

import { createEditing } from "./editing.js";
import { curvesOf } from "./series.js";
import { sheetsOf } from "./sheet.js";

/** A copy of an experiment without the settings that are moved live, to tell whether the rest differs. */
export function rest(experiment, paths) {
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
  return copy;
}

/** A problem in words; where it is, unless the words say so or it is nowhere in the experiment. */
function sentence({ where, what, fix }) {
  const named = !where || ["link", "experiment", "edit"].includes(where) || what.includes(where);
  const place = where.replace(/^(training|network|data)\./, "").replaceAll(/[._]/g, " ");
  return `${named ? "" : `${place}: `}${what} ${fix}`;
}

/** How many neurons or filters of a node the snapshot knows. */
function unitsOf(snapshot, node) {
  const known = ["values", "maps", "filters"]
    .map((name) => snapshot?.arrays.get(`${name}/${node}`))
    .find(Boolean);
  return known?.shape[0] ?? Math.max(1, sheetsOf(snapshot, node).length);
}

/** @param {object} studio */
export function createActions(studio) {
  return { ...createNotices(studio), ...createChoices(studio), ...createEdits(studio), ...createEditing(studio) };
}

function createNotices({ state, tell }) {
  const say = (text) => {
    state.notice = text;
    tell("notice");
  };
  return {
    say,
    tellProblems: (reply) => say((reply.problems ?? []).map(sentence).join(" ")),
  };
}

/** Looking: boxes, neurons, links, samples, other runs. */
function createChoices(studio) {
  const { state, tell } = studio;
  const choose = (selected, neuron, link, chosen = selected ? [selected] : []) => {
    Object.assign(state, { selected, neuron, link, chosen, wire: null });
    tell("selection");
  };
  const focusBox = (id) =>
    id && requestAnimationFrame(() => requestAnimationFrame(() => studio.focusBox(id)));
  return {
    select: (id, { focus, back } = {}) => {
      const before = state.selected;
      choose(id, null, null);
      if (focus) studio.focusDock();
      focusBox(back === true ? before : back);
    },
    /** Chooses several boxes; the last of them is the one whose settings are shown. */
    choose: (ids, { back } = {}) => {
      choose(ids.at(-1) ?? null, null, null, ids);
      focusBox(back);
    },
    /** One box more, or one less. */
    toggleChosen: (id) => {
      const others = state.chosen.filter((other) => other !== id);
      const ids = others.length < state.chosen.length ? others : [...others, id];
      choose(ids.at(-1) ?? null, null, null, ids);
    },
    chooseWire: (edge) => {
      choose(null, null, null);
      state.wire = edge && { source: edge.source, target: edge.target };
    },
    /** Lets go of what is not there any more. */
    prune: () => {
      const { boxes, edges } = state.drawing;
      const known = new Set(boxes.map(({ id }) => id));
      state.chosen = state.chosen.filter((id) => known.has(id));
      const same = ({ from, to, source = from, target = to }) =>
        source === state.wire?.source && target === state.wire?.target;
      if (state.wire && !edges.some(same)) state.wire = null;
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
      studio.look({ typed: "" });
    },
    /** Looks at the chosen sample, or at what was typed, in this manner. */
    look: (manner) => {
      state.gaze = { ...state.gaze, ...manner };
      tell("sample");
      if (state.back !== null) studio.followBack();
      if (studio.live()) studio.command({ kind: "look", sample: state.sample, gaze: state.gaze });
      else if (state.back === null) studio.views.refresh();
    },
    overlay: async (run) => {
      const onto = state.run?.id ?? null;
      const reply = run && (await studio.ask("compare", { run: run.id, onto }));
      const laid = reply?.ok ? { id: run.id, name: `${run.id} · ${reply.name}`, series: curvesOf(reply.series) } : null;
      state.other = laid;
      tell("overlay");
      if (reply && !reply.ok) studio.tellProblems(reply);
      else if (reply?.said) studio.say(reply.said);
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
      const live = studio.steers() && studio.liveSettings().has(path);
      if (live) studio.runs.move(path, value);
      if (!live || final) studio.draft.edit({ kind: "set", path, value }, { gesture, final });
    },
    /** Other data or another experiment: a run that goes on with the old one is ended, and kept. */
    begin: async (edit) => {
      const reply = await edit();
      const id = studio.live() ? state.run.id : null;
      if (!reply.ok) return reply;
      state.sample = 0;
      state.gaze = { ...state.gaze, typed: "" };
      state.folded = [];
      studio.select(null);
      studio.fitNetwork();
      await studio.reset();
      if (id) studio.say(`Run ${id} was stopped, and is kept in Runs.`);
      return reply;
    },
    template: (name) => studio.begin(() => studio.draft.template(name)),
    chooseData: (entry) => studio.begin(() => studio.draft.edit({ kind: "choose", path: "data", entry })),
    /** Whether the draft differs from the run that is live, in more than what can be moved live. */
    changed: () => {
      if (!studio.live() || !state.run.experiment || !state.draft) return false;
      const paths = studio.liveSettings();
      return JSON.stringify(rest(state.draft, paths)) !== JSON.stringify(rest(state.run.experiment, paths));
    },
  };
}
