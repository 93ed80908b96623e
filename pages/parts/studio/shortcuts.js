// The keys that do something, in a list: the way to learn the Studio without a mouse.

import { make } from "./element.js";
import { createPopover } from "./popover.js";

const KEYS = [
  ["Everywhere", [
    ["Space", "Train, pause, go on"],
    ["→", "One step"],
    ["S", "One step in slow motion"],
    ["/", "Add a layer"],
    ["Ctrl+Z, Ctrl+Shift+Z", "Undo, redo"],
    ["+ − 0", "Zoom in, out, show all"],
    ["Esc", "Let go of what is chosen"],
  ]],
  ["In the network", [
    ["Arrows", "Walk along the wires"],
    ["Shift+arrows", "Move the layer"],
    ["Enter", "Open its settings"],
    ["W", "Draw a wire"],
    ["Ctrl+C, Ctrl+V, Ctrl+D", "Copy, paste, duplicate"],
    ["F", "Fold or unfold a block"],
    ["Delete", "Remove"],
  ]],
];

/** The button that opens the list; so does the key ?. */
export function createShortcuts(studio) {
  const button = make("button", { type: "button", class: "ls-keys", "aria-label": "Keys", "data-tip": "What the keys do. Key: ?" }, "?");
  const { open } = createPopover(studio, button, "Keys", (panel) =>
    panel.append(...KEYS.flatMap(([title, keys]) => [make("h3", {}, title), make("dl", { class: "ls-shortcuts" }, keys.flatMap(row))])),
    { wide: true },
  );
  studio.openShortcuts = open;
  return button;
}

function row([keys, words]) {
  return [make("dt", {}, make("kbd", {}, keys)), make("dd", {}, words)];
}
