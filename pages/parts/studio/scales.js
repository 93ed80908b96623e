// How a number's range is spread over a slider, there and back, and how a typed number is read.

import { short } from "./numbers.js";

const STOPS = 1000; // places of a logarithmic slider
const WIDE = 64; // a whole number with a larger range than this gets a logarithmic slider
const HUGE = 2e6; // and one with a range beyond this none at all
const KEYS = 60; // presses of an arrow from one end of a logarithmic slider to the other

/**
 * @typedef {Object} Scale
 * @property {number} stops  places of the slider
 * @property {boolean} even  whether all places are as far from each other in value
 * @property {(value:number) => number} to  from a value to its place
 * @property {(stop:number) => number} from  and back
 */

/** @returns {Scale} */
export function scaleOf({ form, low, high, step }) {
  if (form === "log_real" || (form === "whole" && low >= 1 && high - low > WIDE)) {
    return logarithmic(form, low, high);
  }
  const count = Math.round((high - low) / (step || 1));
  return {
    stops: count,
    even: true,
    to: (value) => ((value - low) / (high - low)) * count,
    from: (stop) => Number((low + stop * ((high - low) / count)).toFixed(8)),
  };
}

function logarithmic(form, low, high) {
  const zero = low === 0 ? 1 : 0; // the first stop is 0
  const first = Math.log(zero ? high / 1e6 : low);
  const span = Math.log(high) - first;
  const to = (value) => (value <= 0 ? 0 : Math.max(zero, ((Math.log(value) - first) / span) * STOPS));
  const from = (stop) => {
    if (zero && stop < 1) return 0;
    const value = Math.exp(first + (stop / STOPS) * span);
    return form === "whole" ? Math.round(value) : Number(value.toPrecision(2));
  };
  return { stops: STOPS, even: false, to, from };
}

/** Whether a setting's range is too large for any slider, as a seed's. */
export function boundless({ form, low, high }) {
  return form === "whole" && high - low > HUGE;
}

/** The value one press of a key further on a logarithmic slider; undefined when the key does not move it. */
export function pressed(key, value, scale, { low, high, step }) {
  const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[key];
  if (!way || scale.even) return undefined;
  const stop = Math.min(Math.max(scale.to(value ?? low) + way * (scale.stops / KEYS), 0), scale.stops);
  const next = scale.from(stop);
  if (next !== value) return next;
  return Math.min(high, Math.max(low, next + Math.sign(way) * (step || 0)));
}

/** A value as its figure is written: a whole number in full, so that it can be copied; others shortly. */
export function figureOf(value, { form }) {
  if (value === null || value === undefined) return "";
  return form === "whole" ? String(value) : short(value, 4);
}

/** Whether a typed text was taken as another number than it says. */
export function altered(text, value) {
  return Number(text.trim().replace("−", "-").replace(",", ".").replace(/\s/g, "")) !== value;
}

/** What was typed; undefined when it is no number or out of bounds. "Empty" has a button of its own. */
export function typed(text, { low, high, form }) {
  const words = text.trim().replace("−", "-").replace(",", ".").replace(/\s/g, "");
  const value = Number(words);
  if (words === "" || !(value >= low && value <= high)) return undefined;
  return form === "whole" ? Math.round(value) : value;
}
