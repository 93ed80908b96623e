// What the Studio knows, and who is told when it changes: each part draws at most once per animation frame.

/**
 * @typedef {Object} State
 * @property {object|null} catalogue  what can be chosen, and the forms for it
 * @property {object|null} draft  the experiment being edited, as JSON
 * @property {object|null} drawing  boxes, edges and problems of the draft, as Python decided
 * @property {{where:string, what:string, fix:string}[]} problems
 * @property {import("./told.js").Run|null} run  the run that is watched
 * @property {object|null} other  a second run laid over the charts
 * @property {import("./snapshot.js").Snapshot|null} snapshot  what the network looks like inside
 * @property {import("./snapshot.js").Snapshot|null} latest  the newest of it, while the past is looked at
 * @property {number|null} back  the step of the run's past that is looked at; null is now
 * @property {import("./snapshot.js").Snapshot|null} preview  what the data looks like
 * @property {number} sample  the chosen sample
 * @property {{typed:string, temperature:number, top_k:number, beams:number}} gaze  how to look: core/gaze.py
 * @property {string|null} selected  the id of the chosen box, of several the one chosen last
 * @property {string[]} chosen  the ids of all chosen boxes
 * @property {{source:string, target:string}|null} wire  the chosen wire
 * @property {string[]} folded  names of the blocks that are shown as one box
 * @property {{node:string, unit:number}|null} neuron  the neuron that is looked into
 * @property {{node:string, out:number, from:number}|null} link  the weight that is looked at
 * @property {{node:string, unit:number}|null} hovered
 * @property {{phase:string, layer:object|null}|null} stage  what slow motion tells of: stages.js
 * @property {boolean} connected
 * @property {string} notice  one line for the person, or nothing
 */

/** Notes which step a part shows, and since when, for whoever measures the way from value to pixel. */
export function shown(part, at) {
  if (at) window.__layerscope.shown[part] = { step: at.step, at: performance.now() };
}

/** @returns {State} */
function nothingYet() {
  return {
    catalogue: null,
    draft: null,
    drawing: null,
    problems: [],
    run: null,
    other: null,
    snapshot: null,
    latest: null,
    back: null,
    preview: null,
    sample: 0,
    gaze: { typed: "", temperature: 0.8, top_k: 0, beams: 1 },
    selected: null,
    chosen: [],
    wire: null,
    folded: [],
    neuron: null,
    link: null,
    hovered: null,
    stage: null,
    connected: false,
    notice: "",
  };
}

/**
 * The state and its listeners. `on` registers a drawing for some topics and draws it once; `tell` says that
 * topics changed: everyone concerned draws in the next animation frame, once, in the order of registration.
 */
export function createState() {
  const listeners = [];
  const changed = new Set();
  let frame = 0;
  const draw = () => {
    frame = 0;
    const due = listeners.filter(({ topics }) => topics.some((topic) => changed.has(topic)));
    changed.clear();
    for (const { listener } of due) listener();
  };
  const on = (topics, listener) => {
    listeners.push({ topics: topics.split(" "), listener });
    listener();
  };
  const tell = (...topics) => {
    for (const topic of topics) changed.add(topic);
    frame ||= requestAnimationFrame(draw);
  };
  return { state: nothingYet(), on, tell, end: () => cancelAnimationFrame(frame) };
}
