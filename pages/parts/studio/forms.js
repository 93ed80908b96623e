// Settings as Python describes them, turned into controls. Names no layer and no setting.

import { give, make, write } from "./element.js";
import { short } from "./numbers.js";

const STOPS = 1000; // places of a slider
const HUGE = 2e6; // and one with a range beyond this none at all
const WIDE = 64; // a whole number with a larger range than this gets a logarithmic slider

let counter = 0;

/**
 * A control for one setting.
 * `change(value, {final, gesture})` is called while it moves and once when it is let go.
 * @param {object} setting  core.catalog.fields.Setting as JSON
 * @returns {{element: HTMLElement, set: (value:any) => void, disable: (off:boolean) => void}}
 */
export function createField(setting, path, change) {
  const id = `ls-field-${++counter}`;
  setting = { ...setting, empty: setting.empty ?? { short: "auto", long: "chosen by measurement" } };
  const build = { switch: flip, choice: pick, several: chips }[setting.form] ?? number;
  const field = build(setting, id, change);
  field.element.dataset.path = path;
  field.element.dataset.tip = [setting.help, setting.unit && !setting.help.includes(setting.unit) && `In ${setting.unit}.`,
    setting.live && "Can be moved while it trains."].filter(Boolean).join(" ");
  return field;
}

/**
 * A form for several settings.
 * @returns {{element: HTMLElement, set: (values:object) => void}}
 */
export function createForm(settings, path, change) {
  const fields = settings.map((setting) => [setting.name, createField(setting, `${path}.${setting.name}`,
    (value, how) => change(`${path}.${setting.name}`, value, how))]);
  return {
    element: make("div", { class: "ls-form" }, fields.map(([, field]) => field.element)),
    set: (values) => fields.forEach(([name, field]) => name in values && field.set(values[name])),
  };
}

/** How a number's range is spread over a slider: both ways. */
function scaleOf({ form, low, high, step }) {
  if (form === "log_real" || (form === "whole" && low >= 1 && high - low > WIDE)) return logarithmic(form, low, high);
  const count = Math.round((high - low) / (step || 1));
  return { stops: count, to: (value) => (value - low) / (high - low) * count,
           from: (stop) => Number((low + stop * ((high - low) / count)).toFixed(8)) };
}

function logarithmic(form, low, high) {
  const zero = low === 0 ? 1 : 0; // the first stop is 0
  const first = Math.log(zero ? high / 1e6 : low);
  const span = Math.log(high) - first;
  return {
    stops: STOPS,
    to: (value) => (value <= 0 ? 0 : Math.max(zero, ((Math.log(value) - first) / span) * STOPS)),
    from: (stop) => {
      if (zero && stop < 1) return 0;
      const value = Math.exp(first + (stop / STOPS) * span);
      return form === "whole" ? Math.round(value) : Number(value.toPrecision(2));
    },
  };
}

function number(setting, id, change) {
  const scale = scaleOf(setting);
  const slider = make("input", { type: "range", min: 0, max: scale.stops, step: scale.stops === STOPS ? "any" : 1,
                                 "aria-label": setting.title, id });
  const figure = make("input", { type: "text", inputmode: "decimal", class: "ls-figure", "aria-label": `${setting.title}, value`,
                                 autocomplete: "off", spellcheck: "false" });
  const { empty } = setting;
  const until = setting.optional && make("button", { type: "button", class: "ls-until", "aria-label": `${setting.title}: ${empty.long}`,
    "data-tip": `${setting.title}: ${empty.long}.` }, empty.short);
  const plain = setting.form === "whole" && setting.high - setting.low > HUGE;
  if (plain) figure.classList.add("ls-plain");
  let [value, gesture] = [setting.default, null];
  const state = { held: false };
  const show = () => {
    const none = value === null || value === undefined;
    slider.style.setProperty("--fill", `${none ? 100 : (scale.to(value) / scale.stops) * 100}%`);
    if (!none) slider.value = scale.to(value);
    give(slider, "aria-valuetext", none ? empty.long : `${short(value, 4)} ${setting.unit}`.trim());
    if (document.activeElement !== figure) figure.value = none ? empty.short : text(value, setting);
    if (until) give(until, "aria-pressed", String(none));
  };
  const move = (next, final) => {
    value = next;
    show();
    change(value, { final, gesture });
    if (final) gesture = null;
  };
  slider.addEventListener("input", () => {
    gesture ??= `${id}:${performance.now()}`;
    state.held = true;
    move(scale.from(Number(slider.value)), false);
  });
  slider.addEventListener("change", () => {
    state.held = false;
    move(scale.from(Number(slider.value)), true);
  });
  arrowKeys(slider, scale, setting, () => value, (next) => move(next, true));
  figure.addEventListener("change", () => {
    const typed = typedNumber(figure.value, setting);
    if (typed === undefined) show();
    else move(typed, true);
  });
  figure.addEventListener("blur", show);
  if (until) until.addEventListener("click", () => move(value === null ? setting.default ?? setting.low : null, true));
  const element = make("div", { class: "ls-number" },
    make("label", { for: id, class: "ls-label" }, setting.title, setting.live && make("i", { class: "ls-live-dot", "aria-hidden": "true" })),
    figure, setting.unit ? make("span", { class: "ls-unit" }, setting.unit) : null,
    until, slider);
  if (plain) slider.hidden = true;
  return {
    element,
    set: (next) => { if (!state.held) { value = next; show(); } },
    disable: (off) => [slider, figure].forEach((part) => give(part, "disabled", off)),
  };
}

/** A whole number is written in full, so that it can be copied; others shortly. */
function text(value, setting) {
  return setting.form === "whole" ? String(value) : short(value, 4);
}

/** One press of an arrow is one sensible step, also on a logarithmic slider. */
function arrowKeys(slider, scale, setting, now, move) {
  if (scale.stops !== STOPS) return;
  slider.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[event.key];
    if (!way) return;
    event.preventDefault();
    const stop = Math.min(Math.max(scale.to(now() ?? setting.low) + way * (STOPS / 60), 0), STOPS);
    let next = scale.from(stop);
    if (next === now()) next = Math.min(setting.high, Math.max(setting.low, next + Math.sign(way) * (setting.step || 0)));
    move(next);
  });
}

/** What was typed, within the bounds; null for "until stopped" where that is allowed, undefined when it is no number. */
function typedNumber(text, { low, high, form, optional, empty }) {
  const typed = text.trim().replace("−", "-").replace(",", ".").replace(/\s/g, "");
  if (optional && (typed === "" || typed === empty.short)) return null;
  const value = Number(typed);
  if (typed === "" || !Number.isFinite(value)) return undefined;
  const bounded = Math.min(Math.max(value, low), high);
  return form === "whole" ? Math.round(bounded) : bounded;
}

function flip(setting, id, change) {
  const box = make("input", { type: "checkbox", role: "switch", id, class: "ls-switch" });
  box.addEventListener("change", () => change(box.checked, { final: true, gesture: null }));
  return {
    element: make("div", { class: "ls-flip" }, make("label", { for: id, class: "ls-label" }, setting.title), box),
    set: (value) => { box.checked = Boolean(value); }, disable: (off) => give(box, "disabled", off),
  };
}

function pick(setting, id, change) {
  const list = make("select", { id, class: "ls-select" },
    setting.choices.map(({ value, title }) => make("option", { value }, title)));
  list.addEventListener("change", () => change(list.value, { final: true, gesture: null }));
  return {
    element: make("div", { class: "ls-pick" }, make("label", { for: id, class: "ls-label" }, setting.title), list),
    set: (value) => { list.value = value ?? ""; }, disable: (off) => give(list, "disabled", off),
  };
}

function chips(setting, id, change) {
  let chosen = new Set(setting.default);
  const toggle = (value) => {
    const next = new Set(chosen);
    if (!next.delete(value)) next.add(value);
    if (!next.size) return;
    chosen = next;
    show();
    change(setting.choices.map((choice) => choice.value).filter((word) => chosen.has(word)), { final: true, gesture: null });
  };
  const buttons = setting.choices.map(({ value, title }) => make("button", { type: "button", class: "ls-chip",
    onclick: () => toggle(value) }, title));
  const show = () => buttons.forEach((button, index) =>
    give(button, "aria-pressed", String(chosen.has(setting.choices[index].value))));
  return {
    element: make("div", { class: "ls-several", role: "group", "aria-label": setting.title },
      make("span", { class: "ls-label" }, setting.title), make("div", { class: "ls-chips" }, buttons)),
    set: (value) => { chosen = new Set(value); show(); },
    disable: (off) => buttons.forEach((button) => give(button, "disabled", off)),
  };
}

/** A list to choose an entry of a catalogue from, each with its help. */
export function createChooser(title, help, entries, choose) {
  const id = `ls-field-${++counter}`;
  const list = make("select", { id, class: "ls-select", onchange: () => choose(list.value) });
  const element = make("div", { class: "ls-pick", "data-tip": help },
    make("label", { for: id, class: "ls-label" }, title), list);
  return {
    element, list,
    fill: (next) => list.replaceChildren(...grouped(next)),
    set: (kind, entry) => {
      list.value = kind;
      element.dataset.tip = entry?.help ? `${entry.title}: ${entry.help}` : help;
    },
    write: (text) => write(element.querySelector("label"), text),
  };
}

function grouped(entries) {
  const groups = new Map();
  for (const entry of entries) {
    const name = entry.group ?? "";
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(make("option", { value: entry.kind }, entry.title));
  }
  if (groups.size < 2) return [...groups.values()].flat();
  return [...groups].map(([name, options]) => make("optgroup", { label: name.replace(/^./, (c) => c.toUpperCase()) }, options));
}
