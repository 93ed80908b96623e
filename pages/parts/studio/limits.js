// The range of an axis that a few extreme values must not flatten: they are cut off, and that is said.

const EDGE = 0.2; // the quantiles from this to one minus this, and the first value, are always shown
const FAR = 4; // spans beyond them a value may lie and still decide the axis, as in a box plot
const ODD = 20; // a first value this many times larger than the next few is an extreme too
const FLAT = 0.04; // a curve that moves by less of its size is drawn as the nearly flat one it is, with short numbers
const APART = 1000; // a curve this many times larger than the smallest would hide it: it runs off the chart

const lowest = (values) => values.reduce((one, other) => Math.min(one, other));
const highest = (values) => values.reduce((one, other) => Math.max(one, other));

/** What a curve must show: from where to where. */
function core(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const [low, high] = [at(EDGE), at(1 - EDGE)];
  const [first, ...after] = values.slice(0, 6);
  if (after.length && Math.abs(first) > ODD * Math.max(...after.map(Math.abs))) return [low, high];
  return [Math.min(low, first), Math.max(high, first)];
}

/** Those that can be read on one axis. */
function together(cores) {
  const sizes = cores.map(([low, high]) => Math.max(Math.abs(low), Math.abs(high)));
  const least = Math.min(...sizes);
  return cores.filter((_, index) => !least || sizes[index] <= APART * least);
}

/** Room around values that hardly differ; null when they do. */
export function roomFor(curves) {
  const values = curves.flat().filter(Number.isFinite);
  if (!values.length) return null;
  const [least, most] = [lowest(values), highest(values)];
  const room = FLAT * Math.max(Math.abs(least), Math.abs(most));
  if (most - least >= room) return null;
  const digit = 10 ** Math.floor(Math.log10(room / 2));
  const middle = Math.round((least + most) / 2 / digit) * digit;
  return { range: [middle - room, middle + room], lowest: null, highest: null };
}

/** From 0 to 1 for shares that are all the same so far; null otherwise. */
export function shareOf(curves) {
  const values = curves.flat().filter(Number.isFinite);
  const same = values.length > 0 && values.every((value) => value === values[0] && value >= 0 && value <= 1);
  return same ? { range: [-0.05, 1.05], lowest: null, highest: null } : null;
}

/**
 * The range for these curves, and what lies outside; null when all of it may be shown.
 * @param {number[][]} curves  the values of each
 * @param {{ofOne?: boolean}} [what]  whether all are of one run: then how far they lie apart is what they tell
 * @returns {{range: number[], lowest: number|null, highest: number|null}|null}
 */
export function limitsOf(curves, { ofOne = false } = {}) {
  const finite = curves.map((values) => values.filter(Number.isFinite)).filter(({ length }) => length);
  if (!finite.length) return null;
  const cores = ofOne ? finite.map(core) : together(finite.map(core));
  const [low, high] = [Math.min(...cores.map(([from]) => from)), Math.max(...cores.map(([, to]) => to))];
  const [least, most] = [Math.min(...finite.map(lowest)), Math.max(...finite.map(highest))];
  const span = Math.max(high - low, 0.05 * Math.abs(high), 1e-12);
  const [from, to] = [low - FAR * span, high + FAR * span];
  const [under, over] = [least < from, most > to];
  if (!under && !over) return null;
  const inside = finite.flat().filter((value) => from <= value && value <= to);
  const digit = 10 ** Math.floor(Math.log10(span) - 1); // a range that seldom changes is seldom drawn anew
  return {
    range: [
      Math.floor((lowest(inside) - 0.1 * span) / digit) * digit,
      Math.ceil((highest(inside) + 0.1 * span) / digit) * digit,
    ],
    lowest: under ? least : null,
    highest: over ? most : null,
  };
}
