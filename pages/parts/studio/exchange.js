// Questions of the test split with the network's own answers, each beside the true one; and one typed in.

import { give, make, write } from "./element.js";
import { createManner, createTyped } from "./typed.js";

const BEAMS = {
  name: "beams", title: "Answers side by side", form: "whole", low: 1, high: 8, step: 1, default: 1, unit: "",
  choices: [],
  help: "1 takes the likeliest token at each step; with more, the likeliest whole answer is sought (beam search).",
};

/** @returns {HTMLElement} */
export function createExchange(studio) {
  const { state, on } = studio;
  const asked = { source: make("span"), said: make("b"), true: make("span") };
  const own = make("p", { class: "ls-asked", "aria-live": "polite" }, asked.source, " → ", asked.said, asked.true);
  const list = make("ol", { class: "ls-exchange" });
  const element = make(
    "div",
    { class: "ls-text-view" },
    createTyped(studio, "Ask something of your own"),
    own,
    make("div", { class: "ls-scroll" }, list),
    make("div", { class: "ls-manners" }, createManner(studio, BEAMS)),
  );
  on("snapshot draft sample", () => {
    const facts = state.snapshot?.facts;
    if (!facts?.asked || !facts.answers) return;
    const one = facts.asked;
    write(asked.source, one.source);
    write(asked.said, one.said || "(nothing)");
    write(asked.true, one.right === false ? ` (true: ${one.true})` : "");
    give(own, "data-right", one.right === null ? null : String(one.right));
    lines(studio, list, facts.answers);
  });
  return element;
}

function lines(studio, list, answers) {
  while (list.children.length > answers.length) list.lastChild.remove();
  answers.forEach(({ source, said, true: truth, right, sample }, index) => {
    const item = list.children[index] ?? list.appendChild(lineOf(studio));
    item.sample = sample;
    const [pick, mark, answer, wanted] = item.children;
    write(pick, source);
    write(mark, right ? "✓" : "✗");
    write(answer, said || "(nothing)");
    write(wanted, right ? "" : truth);
    give(item, "data-right", String(right));
    give(item, "aria-selected", !studio.state.gaze.typed && sample === studio.state.sample && "true");
    give(pick, "aria-label", `${source}: ${said || "nothing"}, ${right ? "right" : `wrong; true is ${truth}`}`);
  });
}

function lineOf(studio) {
  const item = make(
    "li",
    {},
    make("button", { type: "button", class: "ls-link", "data-tip": "Follow this question through the network." }),
    make("i", { "aria-hidden": "true" }),
    make("span", { class: "ls-said" }),
    make("span", { class: "ls-wanted" }),
  );
  item.firstChild.addEventListener("click", () => studio.chooseSample(item.sample));
  return item;
}
