// Curves: growing arrays of points, smoothed, and thinned to what a screen can show.

/** One curve that grows: steps ascending, and as many values. */
export class Curve {
  constructor() {
    this.steps = [];
    this.values = [];
  }

  /** Adds points that lie after the last one; what is already here is left alone. */
  add(steps, values) {
    const last = this.steps.at(-1) ?? -Infinity;
    for (let index = 0; index < steps.length; index++) {
      if (steps[index] <= last) continue;
      this.steps.push(steps[index]);
      this.values.push(typeof values[index] === "number" ? values[index] : Number(values[index]));
    }
  }

  get last() {
    return this.values.at(-1);
  }

  /** The value that was the last one after a step; undefined before the first. */
  at(step) {
    return this.values[this.steps.findLastIndex((one) => one <= step)];
  }
}

/** Series as the server tells them, as curves by name, up to a step. */
export function curvesOf(series, last = Infinity) {
  const curves = new Map();
  for (const { name, steps, values } of series) {
    const end = steps.findIndex((step) => step > last);
    const curve = new Curve();
    curve.add(end < 0 ? steps : steps.slice(0, end), values);
    curves.set(name, curve);
  }
  return curves;
}

/** An exponential average; `amount` from 0 (none) to below 1, corrected for its start. */
export function smooth(values, amount) {
  if (!amount) return values;
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    sum = sum * amount + value * (1 - amount);
    weight = weight * amount + (1 - amount);
    return sum / weight;
  });
}

/**
 * At most about `points` points: of each bucket its lowest and highest value, in their order,
 * so that no peak is lost. The first and the latest point always stay.
 */
export function thin(steps, values, points) {
  const count = steps.length;
  if (count <= points) return { steps, values };
  const width = Math.ceil((2 * count) / points);
  const kept = [0];
  for (let start = 1; start < count - 1; start += width) {
    kept.push(...extremes(values, start, Math.min(start + width, count - 1)));
  }
  kept.push(count - 1);
  return { steps: kept.map((index) => steps[index]), values: kept.map((index) => values[index]) };
}

function extremes(values, start, end) {
  let [low, high] = [start, start];
  for (let index = start; index < end; index++) {
    if (values[index] < values[low]) low = index;
    if (values[index] > values[high]) high = index;
  }
  return low === high ? [low] : [Math.min(low, high), Math.max(low, high)];
}
