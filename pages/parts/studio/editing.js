// What a person can do to the network: every edit is asked of Python, told to screen readers, and undone as one.

const SHELF = "layerscope.copied"; // layers copied in any tab of this browser

/** @param {object} studio */
export function createEditing(studio) {
  return { ...createAdding(studio), ...createChanging(studio), ...createBlocks(studio), ...createCopying(studio) };
}

/** The name of a node, or of the node that ends a folded block. */
export function nodeOf(studio, id) {
  return studio.boxOf(id)?.nodes?.at(-1) ?? id;
}

/** All nodes the chosen boxes stand for; never the data or the output. */
export function chosenNodes(studio) {
  const { state } = studio;
  const [first, last] = [state.drawing?.boxes[0]?.id, state.drawing?.boxes.at(-1)?.id];
  return state.chosen
    .filter((id) => id !== first && id !== last)
    .flatMap((id) => studio.boxOf(id)?.nodes ?? [id]);
}

/** Asks for an edit, then chooses the boxes that are new. */
async function adding(studio, edit, words) {
  const { state } = studio;
  const before = new Set(state.draft.network.nodes.map(({ id }) => id));
  const reply = await studio.draft.edit(edit);
  if (!reply.ok) return reply;
  const added = state.draft.network.nodes.map(({ id }) => id).filter((id) => !before.has(id));
  const boxes = added.filter((id) => studio.boxOf(id));
  if (boxes.length) studio.choose(boxes, { back: boxes.at(-1) });
  studio.announce(words(added));
  return reply;
}

function createAdding(studio) {
  const { state } = studio;
  const titles = (ids) =>
    ids.length === 1 ? studio.titleOf(ids[0]) : ids.length ? `${ids.length} layers` : "Nothing";
  /** Where a new layer goes when nobody says: into the chosen wire, after the chosen box, or before the output. */
  const here = () => {
    if (state.wire) return { after: state.wire.source, before: state.wire.target };
    const last = state.drawing.boxes.at(-1);
    const chosen = state.selected !== last.id && studio.boxOf(state.selected);
    return { after: chosen ? nodeOf(studio, chosen.id) : last.inputs[0] };
  };
  return {
    insert: (layer, where = here()) =>
      adding(studio, { kind: "insert", layer, ...where }, (ids) => `${titles(ids)} added.`),
    duplicate: (nodes = chosenNodes(studio)) =>
      nodes.length
        ? adding(studio, { kind: "duplicate", nodes }, (ids) => `${titles(ids)} added as copies.`)
        : undefined,
    pasteAt: (nodes, where = here()) =>
      adding(studio, { kind: "paste", nodes, ...where }, (ids) => `${titles(ids)} pasted.`),
  };
}

function createChanging(studio) {
  const { state } = studio;
  const told = async (edit, words) => {
    const reply = await studio.draft.edit(edit);
    if (reply.ok) studio.announce(words);
    return reply;
  };
  const title = (source) => studio.titleOf(source.split(".")[0]);
  return {
    remove: (id) => {
      const nodes = id ? (studio.boxOf(id)?.nodes ?? [id]) : chosenNodes(studio);
      if (!nodes.length) return void (state.chosen.length && studio.say("Input and Output stay: a network has both."));
      const what = nodes.length > 1 ? `${nodes.length} layers` : studio.titleOf(nodes[0]);
      return told({ kind: "remove", nodes }, `${what} removed.`);
    },
    moveAfter: (node, after, before) =>
      told(
        { kind: "move", node, after, ...(before ? { before } : {}) },
        `${studio.titleOf(node)} moved, now after ${title(after)}.`,
      ),
    wire: (source, target) =>
      told({ kind: "wire", source, target }, `Wire from ${title(source)} to ${title(target)} drawn.`),
    unwire: async ({ source, target }) => {
      const reply = await told(
        { kind: "unwire", source, target },
        `Wire from ${title(source)} to ${title(target)} removed.`,
      );
      if (reply.ok) studio.chooseWire(null);
      return reply;
    },
    fix: (edit) => told(edit, `Mended: ${state.draft ? fixWords(studio, edit) : ""}.`),
    freeze: (frozen, nodes = chosenNodes(studio)) =>
      nodes.length
        ? told({ kind: "freeze", nodes, frozen }, frozen ? "Frozen: keeps its weights." : "Learns again.")
        : undefined,
    isFrozen: () => {
      const nodes = chosenNodes(studio);
      return nodes.length > 0 && nodes.every((id) => studio.nodeOf(id)?.frozen);
    },
  };
}

function createBlocks(studio) {
  const { state } = studio;
  const shown = () => studio.draft.check(state.draft);
  return {
    group: (name) => studio.draft.edit({ kind: "group", nodes: chosenNodes(studio), name }),
    ungroup: async (name) => {
      state.folded = state.folded.filter((other) => other !== name);
      const reply = await studio.draft.edit({ kind: "ungroup", name });
      if (reply.ok) studio.announce(`${name} is no block any more.`);
      return reply;
    },
    repeat: async (name, times) => {
      const reply = await studio.draft.edit({ kind: "repeat", name, times });
      if (reply.ok) studio.announce(`${name} is there ${times} times.`);
      return reply;
    },
    /** Shows a block as one box, or all its boxes again. */
    fold: async (name, folded) => {
      const others = state.folded.filter((other) => other !== name);
      state.folded = folded ? [...others, name] : others;
      await shown();
      studio.announce(`${name} ${folded ? "folded" : "unfolded"}.`);
      if (folded && studio.boxOf(`#${name}`)) studio.choose([`#${name}`], { back: `#${name}` });
    },
    freeName: () => {
      const taken = new Set(state.draft.network.nodes.map(({ group }) => group));
      let number = 1;
      while (taken.has(`block ${number}`)) number++;
      return `block ${number}`;
    },
  };
}

function createCopying(studio) {
  const { state } = studio;
  /** The chosen nodes as documents that say what they read. */
  const documents = () => {
    const chosen = new Set(chosenNodes(studio));
    const { nodes } = state.draft.network;
    return nodes
      .map((node, at) => ({
        ...node,
        inputs: node.inputs.length ? node.inputs : [nodes[at - 1]?.id ?? "input"],
      }))
      .filter(({ id }) => chosen.has(id));
  };
  return {
    copy: () => {
      const nodes = documents();
      if (!nodes.length) return false;
      studio.copied = nodes;
      try {
        localStorage.setItem(SHELF, JSON.stringify(nodes));
      } catch {
        // Without storage it is copied for this tab alone.
      }
      studio.announce(`${nodes.length === 1 ? studio.titleOf(nodes[0].id) : `${nodes.length} layers`} copied.`);
      return true;
    },
    paste: (where) => {
      const nodes = copied() ?? studio.copied;
      return nodes?.length ? studio.pasteAt(nodes, where) : undefined;
    },
  };
}

function copied() {
  try {
    return JSON.parse(localStorage.getItem(SHELF));
  } catch {
    return null;
  }
}

/** What a one-click fix will do, in a few words. */
export function fixWords(studio, edit) {
  const layer = (kind) => studio.state.catalogue?.layers.find((entry) => entry.kind === kind)?.title ?? kind;
  const name = (id) => studio.titleOf(String(id).split(".")[0]);
  const words = {
    insert: () => `add ${layer(edit.layer)}`,
    remove: () => `delete ${edit.nodes?.length > 1 ? `${edit.nodes.length} layers` : name(edit.nodes?.[0])}`,
    wire: () => `wire ${name(edit.source)} to ${name(edit.target)}`,
    unwire: () => `take the wire from ${name(edit.source)} away`,
    move: () => `move ${name(edit.node)} after ${name(edit.after)}`,
    set: () => `${edit.path.split(".").at(-1).replaceAll("_", " ")} ${valueWords(edit.value)}`,
    choose: () => `use ${edit.path.startsWith("network.") ? layer(edit.entry) : edit.entry}`,
    several: () => edit.edits.map((one) => fixWords(studio, one)).join(", "),
    repeat: () => `${edit.times} copies`,
  };
  return words[edit.kind]?.() ?? edit.kind;
}

function valueWords(value) {
  if (typeof value === "boolean") return value ? "on" : "off";
  return Array.isArray(value) ? value.join(", ") : String(value);
}
