// A layer over time, large: one head of attention or the states of all units, with the words along it.

import { fit, give, make, write } from "./element.js";
import { short } from "./numbers.js";
import { paintOne, sheetsOf, visible } from "./sheet.js";

const ACROSS = 188; // pixels of the whole picture
const LEAST = 8; // pixels of a step, below which its word is not written
const ROOM = [14, 46]; // least and most pixels for the words along it

const SAID = {
  attention: "Each row is a step that reads, each column a step it looks at; the brighter, the more.",
  states: "From left to right the steps, from top to bottom the units: orange below zero, blue above.",
  signals: "Each channel along the sample, around its own zero.",
  matrix: "What was learned, one row per unit or token: orange below zero, blue above.",
};

/** @returns {{element: HTMLElement, show: Function}} `show` says whether there is anything over time. */
export function createLens(studio) {
  const { state } = studio;
  const chooser = make("div", { class: "ls-heads", role: "group", "aria-label": "What to see of it" });
  const canvas = make("canvas", { class: "ls-lens", role: "img" });
  const words = make("p", { class: "ls-facts" });
  const element = make("div", { class: "ls-lens-view" }, chooser, canvas, words);
  let made = "";
  const show = ({ node, unit }) => {
    const sheets = sheetsOf(state.snapshot, node);
    element.hidden = !sheets.length;
    if (!sheets.length || !studio.colours) return null;
    const at = Math.min(unit, sheets.length - 1);
    const key = `${node} ${sheets.map(({ kind }) => kind)}`;
    if (key !== made) fill(studio, chooser, node, sheets);
    made = key;
    [...chooser.querySelectorAll("button")].forEach((button, place) =>
      give(button, "aria-pressed", String(place === at)),
    );
    const sheet = sheets[at];
    const scale = state.snapshot.facts.scales?.[nameOf(state.snapshot, sheet)];
    write(words, `${SAID[sheet.kind]}${scale ? ` The strongest colour is ${short(scale)}.` : ""}`);
    give(canvas, "aria-label", `${sheet.title}${sheet.head === undefined ? "" : `, head ${sheet.head + 1}`}`);
    draw(canvas, sheet, state.snapshot.facts.sample?.words ?? {}, studio.colours);
    return sheet;
  };
  return { element, show };
}

function nameOf(snapshot, { array }) {
  return [...snapshot.arrays].find(([, held]) => held === array)?.[0];
}

/** A button for every sheet: heads by number, behind the name of their attention. */
function fill(studio, chooser, node, sheets) {
  let before = "";
  chooser.replaceChildren(
    ...sheets.flatMap(({ title, head }, unit) => {
      const tip = head === undefined ? `See its ${title}.` : `See head ${head + 1} of its ${title}.`;
      const label = head === undefined ? title : String(head + 1);
      const button = make(
        "button",
        {
          type: "button",
          class: "ls-chip",
          "data-tip": tip,
          "aria-label": tip,
          onclick: () => studio.pickNeuron({ node, unit }),
        },
        label,
      );
      const name = head !== undefined && title !== before ? [make("span", {}, title)] : [];
      before = title;
      return [...name, button];
    }),
  );
}

/** The sheet with as many words along it as there is room for. */
function draw(canvas, sheet, fields, colours) {
  const [down, across] = sizesOf(sheet);
  const named = (count) => Object.values(fields).find(({ length }) => length === count);
  const rows = sheet.kind === "attention" ? named(down) : null;
  const columns = sheet.kind === "attention" || sheet.kind === "states" ? named(across) : null;
  const left = rows && (ACROSS - roomFor(rows)) / down >= LEAST ? roomFor(rows) : 0;
  const top = columns && (ACROSS - left) / across >= LEAST ? roomFor(columns) : 0;
  const width = ACROSS - left;
  const height = sheet.kind === "attention" ? Math.min(220, (width / across) * down) : 132;
  const context = fit(canvas, ACROSS, top + height + 2);
  paintOne(context, sheet, { x: left + 1, y: top + 1, width: width - 2, height: height - 2 }, colours);
  context.fillStyle = colours.tokens.quiet;
  context.font = `10px ${colours.tokens.fonts?.code ?? "monospace"}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  if (left)
    visible(rows).forEach((word, row) =>
      context.fillText(word.slice(0, 7), left - 4, top + (row + 0.5) * (height / down)),
    );
  if (!top) return;
  context.textAlign = "left";
  visible(columns).forEach((word, column) => {
    context.save();
    context.translate(left + (column + 0.5) * (width / across), top - 3);
    context.rotate(-Math.PI / 2);
    context.fillText(word.slice(0, 7), 0, 0);
    context.restore();
  });
}

/** Pixels for the longest of some words, as far as they are written. */
function roomFor(words) {
  const letters = Math.min(7, Math.max(...words.map(({ length }) => length)));
  return Math.min(ROOM[1], Math.max(ROOM[0], 6 * letters + 6));
}

/** Rows and columns as they are drawn. */
function sizesOf({ kind, array: { shape } }) {
  if (kind === "attention") return shape.slice(1);
  return kind === "states" ? [shape[1], shape[0]] : shape;
}
