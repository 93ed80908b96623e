// Settings as Python describes them, turned into controls. Names no layer and no setting.

import { give, make, write } from "./element.js";
import { Slider } from "./slider.js";

let counter = 0;

/**
 * A control for one setting.
 * `change(value, {final, gesture})` is called while it moves and once when it is let go.
 * @param {object} setting  core.catalog.fields.Setting as JSON
 * @returns {{element: HTMLElement, set: (value:any) => void, disable: (off:boolean) => void}}
 */
export function createField(setting, path, change) {
  const id = `ls-field-${++counter}`;
  const build = { switch: flip, choice: pick, several: chips }[setting.form];
  const field = build ? build(setting, id, change) : new Slider(setting, id, change);
  field.element.dataset.path = path;
  field.element.dataset.tip = [
    setting.help,
    setting.unit && !setting.help.includes(setting.unit) && `In ${setting.unit}.`,
    setting.live && "Can be moved while it trains.",
  ]
    .filter(Boolean)
    .join(" ");
  return field;
}

/**
 * A form for several settings.
 * @returns {{element: HTMLElement, set: (values:object) => void}}
 */
export function createForm(settings, path, change) {
  const fields = settings.map((setting) => [
    setting.name,
    createField(setting, `${path}.${setting.name}`, (value, how) =>
      change(`${path}.${setting.name}`, value, how),
    ),
  ]);
  return {
    element: make(
      "div",
      { class: "ls-form" },
      fields.map(([, field]) => field.element),
    ),
    set: (values) => fields.forEach(([name, field]) => name in values && field.set(values[name])),
  };
}

function flip(setting, id, change) {
  const box = make("input", { type: "checkbox", role: "switch", id, class: "ls-switch" });
  box.addEventListener("change", () => change(box.checked, { final: true, gesture: null }));
  return {
    element: make(
      "div",
      { class: "ls-flip" },
      make("label", { for: id, class: "ls-label" }, setting.title),
      box,
    ),
    set: (value) => {
      box.checked = Boolean(value);
    },
    disable: (off) => give(box, "disabled", off),
  };
}

function pick(setting, id, change) {
  const list = make(
    "select",
    { id, class: "ls-select" },
    setting.choices.map(({ value, title }) => make("option", { value }, title)),
  );
  list.addEventListener("change", () => change(list.value, { final: true, gesture: null }));
  return {
    element: make(
      "div",
      { class: "ls-pick" },
      make("label", { for: id, class: "ls-label" }, setting.title),
      list,
    ),
    set: (value) => {
      list.value = value ?? "";
    },
    disable: (off) => give(list, "disabled", off),
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
    change(
      setting.choices.map((choice) => choice.value).filter((word) => chosen.has(word)),
      { final: true, gesture: null },
    );
  };
  const buttons = setting.choices.map(({ value, title }) =>
    make("button", { type: "button", class: "ls-chip", onclick: () => toggle(value) }, title),
  );
  const show = () =>
    buttons.forEach((button, index) =>
      give(button, "aria-pressed", String(chosen.has(setting.choices[index].value))),
    );
  return {
    element: make(
      "div",
      { class: "ls-several", role: "group", "aria-label": setting.title },
      make("span", { class: "ls-label" }, setting.title),
      make("div", { class: "ls-chips" }, buttons),
    ),
    set: (value) => {
      chosen = new Set(value);
      show();
    },
    disable: (off) => buttons.forEach((button) => give(button, "disabled", off)),
  };
}

/** A list to choose an entry of a catalogue from, each with its help. */
export function createChooser(title, help, entries, choose) {
  const id = `ls-field-${++counter}`;
  const list = make("select", { id, class: "ls-select", onchange: () => choose(list.value) });
  const element = make(
    "div",
    { class: "ls-pick", "data-tip": help },
    make("label", { for: id, class: "ls-label" }, title),
    list,
  );
  return {
    element,
    list,
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
  return [...groups].map(([name, options]) =>
    make("optgroup", { label: name.replace(/^./, (c) => c.toUpperCase()) }, options),
  );
}
