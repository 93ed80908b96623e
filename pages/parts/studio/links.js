// Edges between the boxes: shapes written on them, and a line per weight where there are few enough.

import { spot } from "./tiles.js";

const MOST = 4096; // weights of a layer drawn as lines
const STRONGEST = 300; // lines drawn of one layer
const NEAR = 5; // pixels within which a line is meant

/**
 * @typedef {Object} Line
 * @property {string} node
 * @property {number} out
 * @property {number} from
 * @property {number} weight
 * @property {number[]} ends  x1, y1, x2, y2
 */

/** Which weights of (out, in) to draw: the strongest, and the kept one; weakest first, strong ones on top. */
function strongest(data, kept) {
  const order = Array.from(data.keys());
  if (order.length > STRONGEST)
    order.sort((a, b) => Math.abs(data[b]) - Math.abs(data[a])).length = STRONGEST;
  if (kept >= 0 && kept < data.length && !order.includes(kept)) order.push(kept);
  return order.sort((a, b) => Math.abs(data[a]) - Math.abs(data[b]));
}

function height(place, unit) {
  return (
    place.y + place.head + spot(place.grid, Math.min(unit, place.grid.shown - 1))[1] + place.grid.size / 2
  );
}

/**
 * The lines of one edge, from the right side of `from` to the left side of `to`.
 * weights: (out, in) floats, or undefined when there are too many or none. link: the chosen link, if any.
 * @returns {Line[]}
 */
export function linesOf(node, from, to, weights, link) {
  if (!weights || from.row !== to.row || weights.data.length > MOST || weights.shape[1] !== from.count)
    return [];
  const [outs, ins] = weights.shape;
  if (outs !== to.count) return [];
  const kept = link?.node === node ? link.out * ins + link.from : -1;
  return strongest(weights.data, kept).map((index) => {
    const [out, source] = [Math.floor(index / ins), index % ins];
    return {
      node,
      out,
      from: source,
      weight: weights.data[index],
      ends: [from.x + from.width, height(from, source), to.x, height(to, out)],
    };
  });
}

/** Draws lines by weight: colour by sign, width by size against the layer's largest. */
export function drawLines(context, lines, colours, chosen) {
  const largest = Math.max(1e-6, Math.abs(lines.at(-1)?.weight ?? 0));
  const ease = chosen ? 1 : Math.max(0.45, Math.min(1, 8 / Math.sqrt(lines.length)));
  for (const line of lines) {
    const share = line.weight / largest;
    context.globalAlpha = chosen && !chosen(line) ? 0.05 : (0.15 + 0.75 * Math.abs(share)) * ease;
    context.lineWidth = 0.4 + 2.6 * Math.abs(share) * ease;
    stroke(context, line, colours);
  }
  context.globalAlpha = 1;
}

/** Draws the chosen link over all others, however weak it is. */
export function drawChosen(context, line, colours) {
  context.globalAlpha = 1;
  context.lineWidth = 4;
  stroke(context, line, colours);
}

function stroke(context, { ends, weight }, colours) {
  const [x1, y1, x2, y2] = ends;
  const bend = (x2 - x1) / 2;
  context.beginPath();
  context.moveTo(x1, y1);
  context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
  context.strokeStyle = weight < 0 ? colours.tokens.negative : colours.tokens.positive;
  context.stroke();
}

/** Draws an edge that shows no weights: a line with a head, bent around what lies between. */
export function drawEdge(context, from, to, colours) {
  const [y1, y2] = [from.middle, to.middle];
  context.strokeStyle = context.fillStyle = colours.tokens.quiet;
  context.globalAlpha = 0.55;
  context.lineWidth = 1.5;
  context.beginPath();
  if (from.row === to.row) straight(context, from.x + from.width, y1, to.x, y2);
  else turned(context, from, to);
  context.stroke();
  arrow(context, to.x - 1, y2);
  context.globalAlpha = 1;
}

function straight(context, x1, y1, x2, y2) {
  const bend = (x2 - x1) / 2;
  context.moveTo(x1 + 1, y1);
  context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2 - 5, y2);
}

/** The height at which an edge runs back between two rows. */
export function turnAt(from, to) {
  return Math.round((from.bottom + to.top) / 2);
}

/** From the end of one row to the start of the next: out, down between the rows, and in. */
function turned(context, from, to) {
  const [x1, y1] = [from.x + from.width, from.middle];
  const [x2, y2] = [to.x, to.middle];
  const middle = turnAt(from, to);
  context.moveTo(x1, y1);
  context.arcTo(x1 + 10, y1, x1 + 10, middle, 6);
  context.arcTo(x1 + 10, middle, x2 - 10, middle, 6);
  context.arcTo(x2 - 10, middle, x2 - 10, y2, 6);
  context.arcTo(x2 - 10, y2, x2, y2, 6);
  context.lineTo(x2 - 4, y2);
}

function arrow(context, x, y) {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - 6, y - 3.5);
  context.lineTo(x - 6, y + 3.5);
  context.fill();
}

/** The line nearest to a point, or null when none is near. */
export function lineAt(lines, x, y) {
  let [best, distance] = [null, NEAR];
  for (const line of lines) {
    const [x1, y1, x2, y2] = line.ends;
    if (x < x1 || x > x2) continue;
    const share = (x - x1) / (x2 - x1);
    const level = y1 + (y2 - y1) * share * share * (3 - 2 * share);
    const away = Math.abs(level - y);
    if (away < distance) [best, distance] = [line, away];
  }
  return best;
}
