// A line to type a text into, which the network reads in place of a sample; and the sliders of how it writes.

import { createField } from "./forms.js";
import { give, make, write } from "./element.js";

const PATIENCE = 350; // milliseconds without a key before the text is read

/** @returns {HTMLElement} */
export function createTyped(studio, words) {
  const { state, on } = studio;
  const field = make("input", {
    type: "text",
    class: "ls-typed-field",
    maxlength: 2000,
    placeholder: words,
    "aria-label": `${words}. The network reads it in place of the chosen sample; training does not change.`,
  });
  const note = make("span", { class: "ls-typed-note" });
  let timer = 0;
  const read = () => {
    clearTimeout(timer);
    if (field.value !== state.gaze.typed) studio.look({ typed: field.value });
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(read, PATIENCE);
  });
  field.addEventListener("change", read);
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") read();
  });
  studio.ending.push(() => clearTimeout(timer));
  on("sample snapshot", () => {
    if (document.activeElement !== field) field.value = state.gaze.typed;
    const unknown = (state.gaze.typed && state.snapshot?.facts.sample?.unknown) || [];
    write(note, unknown.length ? `Not in its vocabulary, left out: ${unknown.slice(0, 6).join(" ")}` : "");
    give(note, "hidden", !unknown.length);
  });
  return make("div", { class: "ls-typed" }, field, note);
}

/** A field for one number of the gaze; it looks anew when the number is let go. */
export function createManner(studio, setting) {
  const { state, on } = studio;
  const change = (value, { final }) => final && studio.look({ [setting.name]: value });
  const field = createField(setting, "", change);
  on("sample", () => field.set(state.gaze[setting.name]));
  return field.element;
}
