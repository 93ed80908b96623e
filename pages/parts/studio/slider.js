// A number's control: a slider, the figure beside it to type into, and a button for "empty" where allowed.

import { give, make } from "./element.js";
import { short } from "./numbers.js";
import { altered, boundless, figureOf, pressed, scaleOf, typed } from "./scales.js";

const NOTED = 5000; // milliseconds a note about a typed number stays

/** One numeric setting on screen. While it is dragged or typed, nothing from outside moves it. */
export class Slider {
  /**
   * @param {object} setting  core.catalog.fields.Setting as JSON; `empty` is its word for no value
   * @param {(value:number|null, how:{final:boolean, gesture:string|null}) => void} change
   */
  constructor(setting, id, change) {
    Object.assign(this, { setting, id, change, value: setting.default, gesture: null, held: false, typing: false });
    this.scale = scaleOf(setting);
    this.build();
    this.listen();
  }

  build() {
    const { setting, scale, id } = this;
    const { title, unit, live, optional, empty } = setting;
    const step = scale.even ? 1 : "any";
    this.slider = make("input", { type: "range", min: 0, max: scale.stops, step, "aria-label": title, id });
    this.figure = make("input", {
      type: "text",
      inputmode: "decimal",
      class: "ls-figure",
      "aria-label": `${title}, value`,
      autocomplete: "off",
      spellcheck: "false",
    });
    const words = `${title}: ${empty}`;
    this.none = optional
      ? make(
          "button",
          { type: "button", class: "ls-until", "aria-label": words, "data-tip": `${words}.` },
          empty,
        )
      : null;
    const dot = live && make("i", { class: "ls-live-dot", "aria-hidden": "true" });
    this.element = make(
      "div",
      { class: "ls-number" },
      make("label", { for: id, class: "ls-label" }, title, dot),
      this.figure,
      unit ? make("span", { class: "ls-unit" }, unit) : null,
      this.none,
      this.slider,
    );
    this.slider.hidden = boundless(setting);
    this.figure.classList.toggle("ls-plain", boundless(setting));
  }

  listen() {
    const { slider, figure, scale, setting } = this;
    slider.addEventListener("input", () => {
      this.gesture ??= `${this.id}:${performance.now()}`;
      this.held = true;
      this.move(scale.from(Number(slider.value)), false);
    });
    slider.addEventListener("change", () => {
      this.held = false;
      this.move(scale.from(Number(slider.value)), true);
    });
    slider.addEventListener("keydown", (event) => {
      const next = pressed(event.key, this.value, scale, setting);
      if (next === undefined) return;
      event.preventDefault();
      this.move(next, true);
    });
    figure.addEventListener("input", () => (this.typing = true));
    figure.addEventListener("change", () => {
      this.typing = false;
      const value = typed(figure.value, setting);
      if (value === undefined) this.show();
      else this.move(value, true);
      this.note(altered(figure.value, value));
      figure.value = figureOf(this.value, setting);
    });
    figure.addEventListener("blur", () => {
      this.typing = false;
      this.show();
    });
    this.none?.addEventListener("click", () => {
      const last = this.last ?? setting.default ?? setting.start ?? setting.low;
      this.last = this.value ?? this.last;
      this.move(this.value === null ? last : null, true);
    });
  }

  /** Says the bounds beside the field after something else was typed, which leaves it as it was. */
  note(wrong) {
    const { low, high, form } = this.setting;
    const bound = (value) => (form === "whole" ? String(value) : short(value, 4));
    this.element.querySelector(":scope > .ls-field-note")?.remove();
    if (!wrong) return;
    const line = make("p", { class: "ls-field-note", role: "status" }, `Use ${bound(low)} to ${bound(high)}`);
    this.element.append(line);
    this.figure.addEventListener("input", () => line.remove(), { once: true });
    setTimeout(() => line.remove(), NOTED);
  }

  move(value, final) {
    this.value = value;
    this.show();
    this.change(value, { final, gesture: this.gesture });
    if (final) this.gesture = null;
  }

  show() {
    const { value, scale, setting, slider, figure } = this;
    const none = value === null || value === undefined;
    slider.style.setProperty("--fill", `${none ? 0 : (scale.to(value) / scale.stops) * 100}%`);
    if (!none) slider.value = scale.to(value);
    give(slider, "aria-valuetext", none ? setting.empty : `${short(value, 4)} ${setting.unit}`.trim());
    const text = figureOf(value, setting);
    if (!this.typing && figure.value !== text) figure.value = text;
    figure.hidden = none;
    slider.classList.toggle("ls-none", none);
    if (this.none) give(this.none, "aria-pressed", String(none));
  }

  set(value) {
    if (this.held) return;
    this.value = value;
    this.show();
  }

  disable(off) {
    for (const part of [this.slider, this.figure]) give(part, "disabled", off);
  }
}
