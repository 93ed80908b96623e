// What lies over the boxes: shapes on the wires, frames around blocks, buttons that mend, and handles to draw wires.

import { fixWords } from "./editing.js";
import { give, make, write } from "./element.js";
import { icon } from "./icons.js";
import { openBlock } from "./blocks.js";

/** @returns the overlay's element, and the ways to keep it true to the boxes */
export function createOverlay(studio, view) {
  const layers = {
    frames: make("div", { class: "ls-frames" }),
    labels: make("div", { class: "ls-shapes", "aria-hidden": "true" }),
    fixes: make("div", { class: "ls-fixes" }),
    handles: make("div", { class: "ls-handles", "aria-hidden": "true" }),
  };
  const marker = make("div", { class: "ls-marker", hidden: true });
  const rubber = make("div", { class: "ls-rubber", hidden: true });
  view.world.prepend(layers.frames);
  let held = null; // the box whose handles are shown
  const handles = (id) => {
    if (held === id) return;
    held = id;
    layers.handles.replaceChildren(...(id ? handlesOf(studio, view, id) : []));
  };
  const see = () => {
    const near = !view.camera.far;
    give(layers.labels, "hidden", !near);
    if (near) view.wires.forEach((wire, index) => {
      const label = layers.labels.children[index];
      const [x, y] = wire.label;
      give(label, "hidden", !view.camera.sees({ x: x - 40, y: y - 10, width: 80, height: 30 }, 0));
    });
  };
  return {
    element: make("div", { class: "ls-over" }, layers.labels, layers.fixes, layers.handles, marker, rubber),
    write() {
      writeShapes(layers.labels, view.wires);
      writeFixes(studio, view, layers.fixes);
      writeFrames(studio, view, layers.frames);
      const again = held;
      held = undefined;
      handles(view.layout.places.has(again) ? again : null);
      see();
    },
    see,
    handles,
    mark: (place) => set(marker, place),
    band: (place) => set(rubber, place),
    label: (wire) => layers.labels.children[view.wires.indexOf(wire)],
  };
}

function set(element, place) {
  element.hidden = !place;
  if (place)
    Object.assign(element.style, {
      left: `${place.x}px`,
      top: `${place.y}px`,
      width: `${place.width}px`,
      height: `${place.height}px`,
    });
}

function writeShapes(labels, wires) {
  while (labels.children.length > wires.length) labels.lastChild.remove();
  wires.forEach(({ edge, label: [x, y], next }, index) => {
    const label = labels.children[index] ?? labels.appendChild(make("span", { class: "ls-shape" }));
    write(label, next ? (edge.shape ?? "").replaceAll("×", "\n×") : (edge.shape ?? ""));
    give(label, "data-tip", edge.shape_named && `${edge.shape_named} per sample. Press to choose this wire.`);
    give(label, "data-wire", index);
    label.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px) translateX(-50%)`;
  });
}

/** A button under every problem that one edit mends. */
function writeFixes(studio, view, fixes) {
  const ill = studio.state.drawing.boxes.filter(({ problem }) => problem?.edit);
  fixes.replaceChildren(
    ...ill.map(({ id, title, problem }) => {
      const place = view.layout.places.get(id);
      const words = fixWords(studio, problem.edit);
      return make(
        "button",
        {
          type: "button",
          class: "ls-button ls-fix",
          "aria-label": `Fix ${title}: ${words}`,
          "data-tip": `One click: ${words}. Undo takes it back.`,
          style: `left: ${place.x + 10}px; top: ${place.y + place.height - 33}px; width: ${place.width - 16}px`,
          onclick: () => studio.fix(problem.edit),
        },
        icon("fix"),
        make("span", {}, `Fix: ${words}`),
      );
    }),
  );
}

/** A frame around the boxes of every block that is not folded, one per band, with the block's name. */
function writeFrames(studio, view, frames) {
  const blocks = new Map();
  for (const box of studio.state.drawing.boxes) {
    const place = view.layout.places.get(box.id);
    if (!box.block || box.kind === "block" || !place) continue;
    if (!blocks.has(box.block)) blocks.set(box.block, new Map());
    const bands = blocks.get(box.block);
    bands.set(place.band, around(bands.get(place.band), place));
  }
  frames.replaceChildren(
    ...[...blocks].flatMap(([name, bands]) =>
      [...bands.values()].map((rect, index) => frameOf(studio, name, rect, index === 0)),
    ),
  );
}

function around(rect, { x, y, width, height }) {
  if (!rect) return { left: x, top: y, right: x + width, bottom: y + height };
  return {
    left: Math.min(rect.left, x),
    top: Math.min(rect.top, y),
    right: Math.max(rect.right, x + width),
    bottom: Math.max(rect.bottom, y + height),
  };
}

function frameOf(studio, name, { left, top, right, bottom }, first) {
  const style = `left: ${left - 7}px; top: ${top - 7}px; width: ${right - left + 14}px; height: ${bottom - top + 14}px`;
  const times = studio.state.drawing.blocks?.find((block) => block.name === name)?.times ?? 1;
  const button =
    first &&
    make(
      "button",
      {
        type: "button",
        class: "ls-frame-name",
        "data-tip": "A block: fold it into one box, repeat it, or take it apart.",
        onclick: ({ currentTarget }) => openBlock(studio, currentTarget, name),
      },
      icon("down"),
      times > 1 ? `${name} ×${times}` : name,
    );
  return make("div", { class: "ls-frame", style }, button);
}

/** Where wires begin: at a box's right edge, of data with several fields one for each. */
function handlesOf(studio, view, id) {
  const box = studio.boxOf(id);
  const place = view.layout.places.get(id);
  if (!place || id === studio.state.drawing.boxes.at(-1).id) return [];
  const fields = box.fields ?? [];
  const sources = fields.length ? fields.map(({ name }) => name) : [box.nodes?.at(-1) ?? id];
  return sources.map((source, index) => {
    const y = place.middle + (index - (sources.length - 1) / 2) * 22;
    const label = fields.length ? make("span", {}, source.split(".")[1]) : null;
    return make(
      "div",
      {
        class: "ls-handle",
        "data-source": source,
        "data-from": id,
        "data-tip": "Drag to another box to draw a wire. Key: w",
        style: `left: ${place.x + place.width}px; top: ${y}px`,
      },
      make("i"),
      label,
    );
  });
}
