// The pace of a run: from one step a second, to watch, to full speed. A command, not part of the experiment.

import { give, make, write } from "./element.js";
import { short } from "./numbers.js";

const FASTEST = 1000; // steps a second at the last stop before full speed
const STOPS = 60; // the last stop is full speed
const STRIDE = 2; // stops one press of an arrow moves
const WATCHABLE = 24; // seconds the first run of a plane data set takes
const LEAST = 20; // and the least steps a second it starts with: below, it would seem to stand
const TRUST = 1500; // milliseconds in which the person's choice counts more than what the run tells
const OFTEN = 60; // milliseconds between two paces while the slider is dragged
const SHELF = "layerscope.pace";
const TIP = "How fast it trains: slow enough to watch, or as fast as this machine can.";

function fromStop(stop) {
  return stop >= STOPS ? null : Number(Math.exp((stop / (STOPS - 1)) * Math.log(FASTEST)).toPrecision(2));
}

function toStop(pace) {
  const share = Math.log(Math.max(1, pace)) / Math.log(FASTEST);
  return pace === null ? STOPS : Math.min(STOPS - 1, share * (STOPS - 1));
}

/** The pace to start with: the person's last choice, else one that can be watched. */
function startingPace(drawing) {
  const kept = localStorage.getItem(SHELF);
  if (kept !== null) return kept === "full" ? null : Number(kept);
  if (drawing?.picture !== "plane" || !drawing.total_steps) return null;
  const pace = Math.max(LEAST, Math.ceil(drawing.total_steps / WATCHABLE));
  return pace > FASTEST ? null : pace;
}

/** The pace slider; `value` is the pace the next run starts with, or the live one runs at. */
class Pace {
  constructor(studio) {
    const range = { type: "range", min: 0, max: STOPS, step: "any", "aria-label": "Pace", id: "ls-pace" };
    Object.assign(this, { studio, value: null, told: false, timer: 0, moved: -TRUST });
    this.slider = make("input", range);
    this.words = make("output", { class: "ls-pace-words", for: "ls-pace" });
    this.slider.addEventListener("input", () => this.choose(fromStop(Number(this.slider.value))));
    this.slider.addEventListener("keydown", (event) => this.key(event));
  }

  /** The person's choice: remembered, and sent to the live run. */
  choose(pace) {
    this.moved = performance.now();
    this.show(pace);
    localStorage.setItem(SHELF, pace === null ? "full" : pace);
    this.timer ||= setTimeout(() => this.send(), OFTEN);
  }

  key(event) {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    this.slider.value = Math.round(toStop(this.value) + way * STRIDE);
    this.choose(fromStop(Number(this.slider.value)));
  }

  send() {
    this.timer = 0;
    if (this.studio.live()) this.studio.command({ kind: "pace", value: this.value });
  }

  /** Follows the live run, or the draft, unless the person is at the slider. */
  follow() {
    const { state, live } = this.studio;
    if (performance.now() - this.moved < TRUST || document.activeElement === this.slider) return;
    const pace = live() ? state.run.progress?.pace : startingPace(state.drawing);
    if (pace === undefined || (pace === this.value && this.told)) return;
    this.slider.value = toStop(pace);
    this.show(pace);
  }

  show(pace) {
    Object.assign(this, { value: pace, told: true });
    const text = pace === null ? "full speed" : `${short(pace)} ${pace === 1 ? "step" : "steps"}/s`;
    write(this.words, text);
    give(this.slider, "aria-valuetext", text);
    this.slider.style.setProperty("--fill", `${(toStop(pace) / STOPS) * 100}%`);
  }
}

/** @returns {HTMLElement} */
export function createPace(studio) {
  const pace = new Pace(studio);
  studio.on("draft run", () => pace.follow());
  studio.pace = () => pace.value;
  studio.ending.push(() => clearTimeout(pace.timer));
  const label = make("label", { for: "ls-pace", class: "ls-label" }, "Pace");
  return make("div", { class: "ls-pace", "data-tip": TIP }, label, pace.words, pace.slider);
}
