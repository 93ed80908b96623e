// Blocks: several layers under one name, folded into one box, repeated, and taken apart.

import { give, make } from "./element.js";
import { createPopover } from "./popover.js";

const MOST = 48; // copies of a block

/** Opens what can be done with a block, at a button. */
export function openBlock(studio, button, name) {
  const popover = createPopover(studio, button, `Block ${name}`, (panel, close) =>
    fill(studio, panel, close, name),
  );
  popover.open();
}

function fill(studio, panel, close, name) {
  const { state } = studio;
  const block = state.drawing.blocks?.find((one) => one.name === name);
  const folded = state.folded.includes(name);
  const act = (work) => () => {
    close(false);
    work();
  };
  const button = (words, tip, work) =>
    make("button", { type: "button", class: "ls-button", "data-tip": tip, onclick: act(work) }, words);
  const fold = button(
    folded ? "Unfold" : "Fold",
    folded ? "Show all its layers again." : "Show it as one box.",
    () => studio.fold(name, !folded),
  );
  give(fold, "disabled", Boolean(block?.why) && !folded);
  panel.append(
    make("h3", {}, name),
    make("p", { class: "ls-help" }, block?.why || "Copies follow one another, each with weights of its own."),
    times(studio, name, block, close),
    make(
      "div",
      { class: "ls-row" },
      fold,
      button("Ungroup", "Keep the layers, forget the block.", () => studio.ungroup(name)),
    ),
  );
}

function times(studio, name, block, close) {
  const field = make("input", {
    type: "number",
    class: "ls-figure ls-plain",
    min: 1,
    max: MOST,
    step: 1,
    value: block?.times ?? 1,
    "aria-label": "Times the block is there",
    "data-first": true,
  });
  give(field, "disabled", Boolean(block?.why));
  const set = () => {
    const value = Math.min(MOST, Math.max(1, Math.round(Number(field.value)) || 1));
    close(false);
    if (value !== block?.times) studio.repeat(name, value);
  };
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    set();
  });
  const button = make("button", { type: "button", class: "ls-button", onclick: set }, "Repeat");
  return make("label", { class: "ls-row" }, make("span", { class: "ls-label" }, "Times"), field, button);
}

/** Asks for a name, then groups the chosen boxes. */
export function askName(studio, button) {
  const popover = createPopover(studio, button, "Group into a block", (panel, close) => {
    const field = make("input", {
      type: "text",
      class: "ls-search",
      maxlength: 32,
      value: studio.freeName(),
      "aria-label": "Name of the block",
      "data-first": true,
    });
    const group = async () => {
      close(false);
      const name = field.value.trim();
      const reply = await studio.group(name);
      if (reply.ok) studio.announce(`Grouped as ${name}.`);
    };
    field.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), group()));
    panel.append(
      make("h3", {}, "Group into a block"),
      make("p", { class: "ls-help" }, "A block can be folded into one box, and repeated."),
      field,
      make("button", { type: "button", class: "ls-button ls-primary", onclick: group }, "Group"),
    );
    requestAnimationFrame(() => field.select());
  });
  popover.open();
}
