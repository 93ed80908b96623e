// The pace of a run: from one step a second, to watch, to full speed. A command, not part of the experiment.

import { give, make, write } from "./element.js";
import { short } from "./numbers.js";

const FASTEST = 1000; // steps a second at the last stop before full speed
const STOPS = 60; // the last stop is full speed
const WATCHABLE = 24; // seconds the first run of a plane data set takes
const TRUST = 1500; // milliseconds in which the person's choice counts more than what the run tells
const SHELF = "layerscope.pace";

function fromStop(stop) {
  return stop >= STOPS ? null : Number(Math.exp((stop / (STOPS - 1)) * Math.log(FASTEST)).toPrecision(2));
}

function toStop(pace) {
  return pace === null ? STOPS : Math.min(STOPS - 1, (Math.log(Math.max(1, pace)) / Math.log(FASTEST)) * (STOPS - 1));
}

/** The pace to start with: the person's last choice, else one that can be watched where there is something to watch. */
export function startingPace(drawing) {
  const kept = localStorage.getItem(SHELF);
  if (kept !== null) return kept === "full" ? null : Number(kept);
  if (drawing?.picture !== "plane" || !drawing.total_steps) return null;
  return Math.ceil(drawing.total_steps / WATCHABLE);
}

/** @returns {HTMLElement} */
export function createPace(studio) {
  const { state, on } = studio;
  const slider = make("input", { type: "range", min: 0, max: STOPS, step: "any", "aria-label": "Pace", id: "ls-pace" });
  const words = make("output", { class: "ls-pace-words", for: "ls-pace" });
  let pace;
  const show = (live) => {
    const text = pace === null ? "full speed" : `${short(pace)} steps/s`;
    write(words, text);
    give(slider, "aria-valuetext", text);
    if (!live) slider.value = toStop(pace);
    slider.style.setProperty("--fill", `${(toStop(pace) / STOPS) * 100}%`);
  };
  let [timer, moved] = [0, -TRUST];
  const send = () => {
    timer = 0;
    if (studio.live()) studio.command({ kind: "pace", value: pace });
  };
  slider.addEventListener("input", () => {
    moved = performance.now();
    pace = fromStop(Number(slider.value));
    localStorage.setItem(SHELF, pace === null ? "full" : pace);
    show(true);
    timer ||= setTimeout(send, 60);
  });
  slider.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    slider.value = Math.round(toStop(pace) + way * 2);
    slider.dispatchEvent(new Event("input"));
  });
  on("draft run", () => {
    if (performance.now() - moved < TRUST || document.activeElement === slider) return;
    const told = studio.live() ? state.run.progress?.pace : startingPace(state.drawing);
    if (told === undefined || told === pace) return;
    pace = told;
    show(false);
  });
  studio.pace = () => pace ?? null;
  studio.ending.push(() => clearTimeout(timer));
  return make("div", { class: "ls-pace", "data-tip": "How fast it trains: slow enough to watch, or as fast as this machine can." },
    make("label", { for: "ls-pace", class: "ls-label" }, "Pace"), words, slider);
}
