// Slow motion: one step of training, stage by stage, with its numbers, and the layer it is about marked in the network.

import { give, make, write } from "./element.js";
import { short, whole } from "./numbers.js";
import { iconButton } from "./popover.js";
import { BARS, PHASES, sentencesOf, sizeOf, stagesOf } from "./stages.js";

const [SLOWEST, FASTEST, WHOLE] = [2600, 500, 40_000]; // milliseconds of a stage, and of all of them
const DECADES = 4; // so many powers of ten fit a bar
const TITLES = { batch: "Batch", forward: "Forward", loss: "Loss", backward: "Backward", update: "Update" };
const TIPS = {
  batch: "Which samples this step learns from.",
  forward: "The batch goes through the layers, from the input to the answers.",
  loss: "How wrong the answers are.",
  backward: "Back through the layers: how the loss reacts to each (backpropagation).",
  update: "Every weight is moved a little against its gradient.",
};

/** The step that is told, and at which of its stages it stands. */
class Slow {
  constructor(studio) {
    Object.assign(this, { studio, told: null, key: "", stages: [], place: 0, timer: 0, asked: false });
    studio.ending.push(() => clearTimeout(this.timer));
  }

  get stage() {
    return this.stages[this.place] ?? null;
  }

  get playing() {
    return this.timer !== 0;
  }

  /** Takes what the newest picture tells; a step that was just asked for is played. */
  take() {
    const { state } = this.studio;
    const told = state.back === null ? (state.snapshot?.facts.slow ?? null) : null;
    const key = told && state.run ? `${state.run.id}:${told.step}` : "";
    if (key === this.key) return;
    Object.assign(this, { told: key ? told : null, key, stages: key ? stagesOf(told) : [] });
    this.go(0);
    if (key && this.asked) {
      this.play();
      requestAnimationFrame(() => this.studio.root.querySelector(".ls-slow").scrollIntoView({ block: "nearest" }));
    }
    this.asked = false;
    this.studio.tell("size");
  }

  go(place) {
    clearTimeout(this.timer);
    Object.assign(this, { timer: 0, place: Math.max(0, Math.min(place, this.stages.length - 1)) });
    this.studio.state.stage = this.stage;
    this.studio.tell("stage");
  }

  play() {
    const each = Math.min(SLOWEST, Math.max(FASTEST, WHOLE / this.stages.length));
    if (this.place >= this.stages.length - 1) this.go(0);
    this.timer = setTimeout(() => {
      this.go(this.place + 1);
      if (this.place < this.stages.length - 1) this.play();
    }, each);
    this.studio.tell("stage");
  }

  close() {
    Object.assign(this, { told: null, stages: [] });
    this.go(0);
    this.studio.tell("size");
  }
}

/** @returns {HTMLElement} */
export function createSlow(studio) {
  const slow = new Slow(studio);
  studio.slow = () => {
    slow.asked = true;
    return studio.once("slow");
  };
  const head = createHead(studio, slow);
  const [title, words, bars] = [make("h4"), make("div", { class: "ls-slow-words", "aria-live": "polite" }), make("div", { class: "ls-slow-bars" })];
  const body = make("div", { class: "ls-slow-body" }, make("div", { class: "ls-slow-text" }, title, words), bars);
  const panel = make("section", { class: "ls-slow", "aria-label": "Slow motion", hidden: true }, head.element, body);
  studio.on("snapshot back run", () => slow.take());
  studio.on("stage draft", () => {
    const { stage, told } = slow;
    panel.hidden = !stage;
    if (!stage) return;
    head.update();
    write(title, titleOf(studio, slow));
    const lines = sentencesOf(told, stage).map((line) => make("p", {}, line));
    words.replaceChildren(...lines, ...watch(studio, told, stage));
    bars.replaceChildren(...barsOf(studio, slow));
  });
  panel.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    event.stopPropagation();
    event.preventDefault();
    slow.go(slow.place + way);
  });
  return panel;
}

function titleOf(studio, { stage: { phase, layer }, told }) {
  if (!layer) return phase === "batch" ? `Step ${whole(told.step)}: a batch goes in` : "The loss";
  const arrow = { forward: "→", backward: "←", update: "Δ" }[phase];
  return `${arrow} ${studio.titleOf(layer.id)} · ${layer.id}`;
}

function createHead(studio, slow) {
  const chips = PHASES.map((phase) =>
    make(
      "button",
      {
        type: "button",
        class: "ls-chip",
        "data-tip": TIPS[phase],
        onclick: () => slow.go(slow.stages.findIndex((stage) => stage.phase === phase)),
      },
      TITLES[phase],
    ),
  );
  const count = make("output", { class: "ls-slow-count" });
  const before = iconButton("left", "Stage before", "One stage back. Key: ←", () => slow.go(slow.place - 1));
  const after = iconButton("right", "Next stage", "One stage on. Key: →", () => slow.go(slow.place + 1));
  const play = make("button", { type: "button", class: "ls-button ls-slow-play" }, "Play");
  play.addEventListener("click", () => (slow.playing ? slow.go(slow.place) : slow.play()));
  const again = make(
    "button",
    { type: "button", class: "ls-button", "data-tip": "Take the next step, and tell it too. Key: S", onclick: () => studio.slow() },
    "Next step",
  );
  const close = iconButton("close", "Close slow motion", "Back to the whole network.", () => slow.close());
  const update = () => {
    const { stage, stages, place, playing } = slow;
    chips.forEach((chip, index) => give(chip, "aria-pressed", String(PHASES[index] === stage.phase)));
    write(count, `${place + 1} / ${stages.length}`);
    write(play, playing ? "Hold" : "Play");
    give(before, "disabled", place === 0);
    give(after, "disabled", place === stages.length - 1);
    give(again, "disabled", !studio.live());
  };
  const group = make("div", { class: "ls-slow-chips", role: "group", "aria-label": "Stages of a step" }, chips);
  return {
    element: make("header", {}, group, make("span", { class: "ls-space" }), count, before, play, after, again, close),
    update,
  };
}

/** From a batch to one of its samples: its way through the network can be watched in the boxes. */
function watch(studio, { batch }, { phase }) {
  if (phase !== "batch" || !batch.rows.length) return [];
  const show = () => studio.chooseSample(batch.rows[0]);
  const tip = "Show this sample in the boxes of the network, where it is the first of the batch.";
  return [make("button", { type: "button", class: "ls-link", "data-tip": tip, onclick: show }, `Show row ${whole(batch.rows[0])} in the network`)];
}

/** A bar per layer on a logarithmic scale; pressing one goes to its stage. */
function barsOf(studio, slow) {
  const { stage, stages } = slow;
  if (!BARS[stage.phase]) return [];
  const shown = stages.map((one, place) => ({ ...one, place })).filter(({ phase }) => phase === stage.phase);
  if (stage.phase === "backward") shown.reverse();
  const sizes = shown.map(({ layer }) => sizeOf(layer, stage.phase));
  const top = Math.log10(Math.max(...sizes.filter((size) => size > 0), 1e-30));
  const bars = shown.map(({ layer, place }, index) => {
    const height = sizes[index] > 0 ? Math.max(0.03, 1 + (Math.log10(sizes[index]) - top) / DECADES) : 0;
    const text = `${studio.titleOf(layer.id)} · ${layer.id}: ${short(sizes[index])}`;
    return make("button", {
      type: "button",
      class: "ls-slow-bar",
      style: `--high: ${Math.max(0, height)}`,
      "aria-pressed": String(place === slow.place),
      "aria-label": text,
      "data-tip": text,
      onclick: () => slow.go(place),
    });
  });
  return [make("div", { class: "ls-slow-columns" }, bars), make("span", { class: "ls-slow-key" }, `${BARS[stage.phase]} (logarithmic)`)];
}
