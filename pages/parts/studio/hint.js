// The four steps a first-time visitor is shown, once; dismissed for good.

import { make, write } from "./element.js";

const SHELF = "layerscope.hint";
const STEPS = [
  [
    ".ls-data",
    "1 of 4 · Data",
    "This is what the network learns from, and what it is to find out. Choose other data here.",
  ],
  [
    ".ls-middle",
    "2 of 4 · Network",
    "Each box is a layer, each tile a neuron: it shows where its neuron answers. Click one for its numbers.",
  ],
  [".ls-train", "3 of 4 · Train", "Press Train, or the space bar, and watch the tiles take shape."],
  [
    ".ls-strip",
    "4 of 4 · Steer",
    "Move the learning rate while it trains: the run obeys at once, and the chart marks the moment.",
  ],
];

/** Shows the hint when it has not been dismissed in this browser. */
export function createHint(studio) {
  if (localStorage.getItem(SHELF)) return null;
  const title = make("strong");
  const words = make("p");
  const next = make(
    "button",
    { type: "button", class: "ls-button ls-primary", onclick: () => go(at + 1) },
    "Next",
  );
  const card = make(
    "aside",
    { class: "ls-hint", "aria-label": "First steps" },
    title,
    words,
    make(
      "div",
      { class: "ls-hint-buttons" },
      make("button", { type: "button", class: "ls-button", onclick: () => end() }, "Do not show again"),
      next,
    ),
  );
  let at = -1;
  let target = null;
  const end = () => {
    target?.classList.remove("ls-pointed");
    card.remove();
    localStorage.setItem(SHELF, "done");
  };
  const go = (step) => {
    if (step >= STEPS.length) return end();
    at = step;
    target?.classList.remove("ls-pointed");
    target = studio.root.querySelector(STEPS[at][0]);
    target?.classList.add("ls-pointed");
    write(title, STEPS[at][1]);
    write(words, STEPS[at][2]);
    write(next, at === STEPS.length - 1 ? "Done" : "Next");
    if (window.innerWidth < 720) target?.scrollIntoView({ block: "center" });
    place(card, target);
    return undefined;
  };
  studio.root.append(card);
  go(0);
  studio.ending.push(() => card.remove());
  return card;
}

/** Beside the part it speaks of, inside the window. */
function place(card, target) {
  if (!target || window.innerWidth < 720) return;
  const { left, right, top, bottom, width } = target.getBoundingClientRect();
  const beside = right + card.offsetWidth + 16 < window.innerWidth && width < 400;
  const x = beside
    ? right + 10
    : Math.max(
        8,
        Math.min(left + width / 2 - card.offsetWidth / 2, window.innerWidth - card.offsetWidth - 8),
      );
  const y = beside
    ? top + 8
    : bottom + card.offsetHeight + 16 < window.innerHeight
      ? bottom + 10
      : Math.max(8, bottom - card.offsetHeight - 16);
  card.style.left = `${Math.round(x)}px`;
  card.style.top = `${Math.round(y)}px`;
}
