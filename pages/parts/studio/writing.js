// A text the network writes, from a held-out beginning or a typed one, and what it finds likely next.

import { give, make, write } from "./element.js";
import { visible } from "./sheet.js";
import { createManner, createTyped } from "./typed.js";

const TEMPERATURE = {
  name: "temperature", title: "Temperature", form: "real", low: 0, high: 2, step: 0.1, default: 0.8, unit: "",
  choices: [],
  help: "0 always writes the likeliest; 1 as often as was learned; above, more and more at random.",
};
const TOP = {
  name: "top_k", title: "Only the top", form: "whole", low: 0, high: 50, step: 1, default: 0, unit: "",
  choices: [],
  help: "Only so many of the likeliest may be written; 0 is all of them.",
};

/** @returns {HTMLElement} */
export function createWriting(studio) {
  const { state, on } = studio;
  const begun = make("span", { class: "ls-begun" });
  const written = make("span");
  const text = make("p", { class: "ls-written", "aria-label": "Text written by the network" }, begun, written);
  const likely = make("ol", { class: "ls-likely", "aria-label": "Likely next" });
  const element = make(
    "div",
    { class: "ls-writing" },
    createTyped(studio, "Begin with a text of your own"),
    text,
    make("p", { class: "ls-facts" }, "Likely right after the beginning:"),
    likely,
    make("div", { class: "ls-manners" }, createManner(studio, TEMPERATURE), createManner(studio, TOP)),
  );
  on("snapshot draft", () => {
    const told = state.snapshot?.facts.written;
    if (!told) return;
    write(begun, told.beginning);
    write(written, told.text);
    bars(likely, told.next);
  });
  return element;
}

/** The likeliest next tokens, each with its share as a bar. next: [[word, share], …] */
function bars(list, next) {
  while (list.children.length > next.length) list.lastChild.remove();
  next.forEach(([word, share], index) => {
    const item = list.children[index] ?? list.appendChild(make("li", {}, make("b"), make("i"), make("span")));
    const [name, bar, figure] = item.children;
    write(name, word === " " ? "␣" : visible([word])[0]);
    give(bar, "style", `--share: ${Math.round(100 * share)}%`);
    write(figure, `${Math.round(100 * share)} %`);
  });
}
