// What a teacher may hide: parts of the page by name, listed in the link, always one press away.

import { keepHidden } from "./address.js";
import { give, make, write } from "./element.js";

/** Every part that can be hidden; the style sheet knows each by its name. */
export const PARTS = [
  { name: "templates", title: "Templates" },
  { name: "data", title: "Choice of data" },
  { name: "layers", title: "Adding layers" },
  { name: "loss", title: "Loss" },
  { name: "optimizer", title: "Optimizer" },
  { name: "rate", title: "Learning rate" },
  { name: "schedule", title: "Schedule" },
  { name: "regularization", title: "Regularization" },
  { name: "batch", title: "Batch size" },
  { name: "epochs", title: "Epochs" },
  { name: "pace", title: "Pace" },
  { name: "steps", title: "Steps one by one" },
  { name: "figures", title: "Speed and time" },
  { name: "costs", title: "Costs of the network" },
  { name: "charts", title: "Loss and metrics" },
  { name: "runs", title: "List of runs" },
  { name: "export", title: "Export" },
];
const NAMES = new Set(PARTS.map(({ name }) => name));

/** Hides these parts; names nobody knows are passed over. */
export function hideParts(studio, hidden) {
  studio.hidden = [...new Set(hidden)].filter((name) => NAMES.has(name));
  give(studio.root, "data-hidden", studio.hidden.join(" ") || null);
  studio.tell("hidden", "size");
}

/** The line that says that not everything is shown, and shows it. */
export function createTaught(studio) {
  const words = make("span");
  const all = make(
    "button",
    {
      type: "button",
      class: "ls-link",
      onclick: () => {
        hideParts(studio, []);
        keepHidden([]);
      },
    },
    "Show everything",
  );
  const line = make("div", { class: "ls-taught", role: "status", hidden: true }, words, all);
  studio.on("hidden", () => {
    const count = studio.hidden?.length ?? 0;
    line.hidden = !count;
    write(words, `Your teacher chose what you see; ${count} ${count === 1 ? "control is" : "controls are"} hidden.`);
  });
  return line;
}
