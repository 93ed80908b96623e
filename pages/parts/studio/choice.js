// One thing of training that is chosen from a catalogue, with a button for the settings of what was chosen.

import { give, make } from "./element.js";
import { createChooser, createForm } from "./forms.js";
import { icon } from "./icons.js";
import { short } from "./numbers.js";
import { createPopover } from "./popover.js";

export const RATE = "learning_rate"; // stands in the strip, not among an optimizer's other settings

/** The entry of a catalogue with this kind. */
export function entryOf(state, catalogue, kind) {
  return state.catalogue[catalogue].find((entry) => entry.kind === kind);
}

/** A list of entries and the settings of the chosen one; `update` makes it true to the draft. */
export class Choice {
  /** @param {{name:string, catalogue:string, title:string, help:string}} of */
  constructor(studio, of) {
    Object.assign(this, { studio, of, form: null, task: "", kind: null, held: new Map() });
    const { name, title, help } = of;
    this.chooser = createChooser(title, help, [], (entry) => this.choose(entry));
    this.button = make(
      "button",
      {
        type: "button",
        class: "ls-more",
        "aria-label": `${title}: settings`,
        "data-tip": `Settings of this ${title.toLowerCase()}.`,
      },
      icon("more"),
    );
    this.popover = createPopover(studio, this.button, `${title}: settings`, (panel) => this.fill(panel));
    this.element = make(
      "div",
      { class: "ls-cell ls-choice", "data-path": `training.${name}` },
      this.chooser.element,
      this.button,
    );
  }

  /** Takes another entry, as it was when it was left in this experiment, and says a learning rate that came along. */
  async choose(kind) {
    const { studio, of, chosen, held } = this;
    const [path, mine] = [`training.${of.name}`, (one) => `${studio.state.draft.name} ${one}`];
    held.set(mine(chosen.kind), chosen);
    const before = held.get(mine(kind));
    const reply = await studio.draft.edit(before ? { kind: "set", path, value: before } : { kind: "choose", path, entry: kind });
    const [was, is] = [chosen[RATE], this.chosen[RATE]];
    if (reply?.ok && was !== undefined && was !== is)
      studio.say(`The learning rate is ${short(is)} now, ${before ? "as you left it with" : "the usual one of"} ${this.entry.title}; it was ${short(was)}.`);
  }

  get chosen() {
    return this.studio.state.draft.training[this.of.name];
  }

  get entry() {
    return entryOf(this.studio.state, this.of.catalogue, this.chosen?.kind);
  }

  /** The settings that do not stand in the strip. */
  get others() {
    return this.entry?.settings.filter(({ name }) => name !== RATE) ?? [];
  }

  fill(panel) {
    const { title, help } = this.entry;
    this.form = createForm(this.others, `training.${this.of.name}`, this.studio.change);
    this.form.set(this.chosen);
    panel.append(make("h3", {}, title), make("p", { class: "ls-help" }, help), this.form.element);
  }

  update() {
    const { state } = this.studio;
    this.element.hidden = !this.chosen;
    if (!this.chosen) return;
    const task = state.drawing?.task?.kind;
    const fits = ({ tasks }) => !tasks || !task || tasks.includes(task);
    if (this.task !== task) this.chooser.fill(state.catalogue[this.of.catalogue].filter(fits));
    this.task = task;
    this.chooser.set(this.chosen.kind, this.entry);
    give(this.button, "hidden", !this.others.length);
    if (this.kind !== this.chosen.kind) this.popover.refill();
    else this.form?.set(this.chosen);
    this.kind = this.chosen.kind;
  }
}
