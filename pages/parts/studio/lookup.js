// Names and facts about what is on screen, found in the draft, the drawing and the catalogue.

/** What the parts ask by id: a node, a title, a neuron's name, an activation's curve. */
export function createLookup({ state }) {
  const boxOf = (id) => state.drawing?.boxes.find((box) => box.id === id);
  const nodeOf = (id) => state.draft?.network.nodes.find((node) => node.id === id);
  const curve = (kind) => state.catalogue?.layers.find((layer) => layer.kind === kind)?.curve ?? null;
  return {
    boxOf,
    nodeOf,
    curve,
    titleOf: (id) => boxOf(id)?.title ?? id,
    /** The name of one number a box gives: a feature, a class, or a neuron's number. */
    nameOf: (id, unit) => {
      if (id === state.drawing?.boxes[0]?.id) return state.drawing.features?.[unit] ?? `input ${unit + 1}`;
      if (id === state.drawing?.boxes.at(-1)?.id)
        return state.drawing.task.classes?.[unit] ?? `output ${unit + 1}`;
      return `neuron ${unit + 1}`;
    },
    /** The name of a node's weights inside it, as the network's own look at itself says. */
    weightName: (node) => state.snapshot?.facts.weights?.[node],
    live: () => Boolean(state.run && !state.run.over),
    /** Whether what is changed is for the run that goes on, and not for a branch from its past. */
    steers: () => Boolean(state.run && !state.run.over && state.back === null),
    /** The settings of the draft that may be moved while a run trains. */
    liveSettings: () => new Set((state.drawing?.live ?? []).map(({ setting }) => setting)),
  };
}
