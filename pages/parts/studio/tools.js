// The tools over the canvas, for what is chosen: boxes, a block, or a wire.

import { askName, openBlock } from "./blocks.js";
import { chosenNodes } from "./editing.js";
import { give, make, write } from "./element.js";
import { icon } from "./icons.js";

/** @returns {HTMLElement} */
export function createTools(studio) {
  const { state, on } = studio;
  const words = make("span", { class: "ls-tools-words" });
  const buttons = {
    copy: tool("duplicate", "Copy", "Copy. Ctrl+C, and Ctrl+V puts it after the chosen box.", () => studio.copy()),
    duplicate: tool("add", "Duplicate", "The same again, right after. Ctrl+D", () => studio.duplicate()),
    group: tool("group", "Group", "Group into a block that folds and repeats.", ({ currentTarget }) =>
      askName(studio, currentTarget),
    ),
    block: tool("repeat", "Block", "Fold, unfold, repeat or ungroup the block.", ({ currentTarget }) =>
      openBlock(studio, currentTarget, blockOf(studio)),
    ),
    freeze: tool("lock", "Freeze", "Frozen layers keep their weights while the others learn.", () =>
      studio.freeze(!studio.isFrozen()),
    ),
    between: tool("add", "Insert", "Put a layer into this wire. Key: /", () => studio.openShelf()),
    remove: tool("remove", "Delete", "Delete", () => (state.wire ? studio.unwire(state.wire) : studio.remove())),
  };
  const bar = make(
    "div",
    { class: "ls-bar-tools", role: "toolbar", "aria-label": "Chosen", hidden: true },
    words,
    Object.values(buttons),
  );
  on("selection draft", () => {
    const nodes = state.drawing ? chosenNodes(studio) : [];
    const block = blockOf(studio);
    bar.hidden = !state.wire && !nodes.length;
    if (bar.hidden) return;
    write(words, state.wire ? wireWords(studio) : nodesWords(studio, nodes));
    for (const [name, button] of Object.entries(buttons))
      button.hidden = state.wire
        ? !["between", "remove"].includes(name)
        : name === "between" || (name === "block" ? !block : name === "group" ? Boolean(block) : false);
    const frozen = studio.isFrozen();
    give(buttons.freeze, "aria-pressed", String(frozen));
    const turn = frozen ? "Unfreeze" : "Freeze";
    give(buttons.freeze, "aria-label", turn);
    write(buttons.freeze.querySelector("span"), turn);
  });
  return bar;
}

function tool(name, title, tip, onclick) {
  return make(
    "button",
    { type: "button", class: "ls-tool", "aria-label": title, "data-tip": tip, onclick },
    icon(name),
    make("span", {}, title),
  );
}

/** The block all chosen boxes are in, if it is one. */
function blockOf(studio) {
  const names = new Set(studio.state.chosen.map((id) => studio.boxOf(id)?.block ?? ""));
  return names.size === 1 ? [...names][0] : "";
}

function nodesWords(studio, nodes) {
  const { chosen } = studio.state;
  return chosen.length === 1 ? studio.titleOf(chosen[0]) : `${nodes.length} layers`;
}

function wireWords({ state, titleOf }) {
  const { source, target } = state.wire;
  const edge = state.drawing.edges.find((one) => (one.source ?? one.from) === source && (one.target ?? one.to) === target);
  const shape = edge?.shape_named ? ` · ${edge.shape_named}` : "";
  return `${titleOf(source.split(".")[0])} → ${titleOf(target)}${shape}`;
}
