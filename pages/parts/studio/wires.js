// Wires between boxes: the way each takes through the free cells of the grid, drawn, and found under a point.

const STEPS = 14; // straight pieces of one curve
const PORT = 9; // between two inputs of one box
const LANE = 4; // between two wires that turn into the next band
const WORD = 46; // room of a label
const OUT = 10; // from a box to where its wire turns

/**
 * @typedef {Object} Wire
 * @property {{from:string, to:string, source:string, target:string, shape:string, shape_named:string}} edge
 * @property {number[][]} points  from its start to its end, in the canvas' own measure
 * @property {number[]} label  where its shape is written
 * @property {boolean} next  whether it joins two neighbours of one row, where lines of weights may run
 */

/** The ways of all wires. */
export function wiresOf(edges, layout) {
  const entering = new Map();
  for (const edge of edges) entering.set(edge.to, (entering.get(edge.to) ?? 0) + 1);
  const arrived = new Map();
  const lanes = new Map();
  const wires = [];
  for (const edge of edges) {
    const [from, to] = [layout.places.get(edge.from), layout.places.get(edge.to)];
    if (!from || !to) continue;
    const place = arrived.get(edge.to) ?? 0;
    arrived.set(edge.to, place + 1);
    const shift = (place - (entering.get(edge.to) - 1) / 2) * PORT;
    wires.push(route(edge, from, to, shift, layout, lanes));
  }
  return apart(wires);
}

/** Moves labels aside that would lie on one another. */
function apart(wires) {
  const taken = [];
  for (const { label } of wires) {
    const hit = () => taken.some(([x, y]) => Math.abs(x - label[0]) < WORD && Math.abs(y - label[1]) < 12);
    for (let tries = 0; tries < 6 && hit(); tries++) label[0] += WORD;
    taken.push(label);
  }
  return wires;
}

function route(edge, from, to, shift, layout, lanes) {
  const cells = (edge.via ?? []).map(([column, row]) => layout.cells.get(`${column},${row}`)).filter(Boolean);
  const end = { x: to.x, y: to.middle + shift, band: to.band };
  const points = [[from.x + from.width, from.middle]];
  let at = { x: from.x + from.width, y: from.middle, band: from.band };
  for (const cell of cells) {
    const entry = { x: cell.x, y: cell.middle, band: cell.band };
    leg(points, at, entry, layout, lanes);
    at = { ...entry, x: cell.x + cell.width };
    points.push([at.x, at.y]);
  }
  leg(points, at, end, layout, lanes);
  const next = !cells.length && from.row === to.row && to.column === from.column + 1;
  return {
    edge: { source: edge.from, target: edge.to, ...edge },
    points,
    next,
    label: labelOf(points, from, to, cells),
  };
}

/** One leg of a way: a curve, or around the ends of two bands. */
function leg(points, from, to, layout, lanes) {
  if (from.band === to.band) curve(points, from.x, from.y, to.x, to.y);
  else {
    const lane = lanes.get(from.band) ?? 0;
    lanes.set(from.band, lane + 1);
    const [above, below] = [layout.bands[from.band], layout.bands[to.band]];
    const level = (above.bottom + below.top) / 2 + (((lane + 1) >> 1) * (lane % 2 ? -1 : 1) * LANE) / 2;
    const side = OUT + Math.min(lane, 4) * 3;
    turn(points, [
      [from.x + side, from.y],
      [from.x + side, level],
      [to.x - side, level],
      [to.x - side, to.y],
      [to.x, to.y],
    ]);
  }
}

function curve(points, x1, y1, x2, y2) {
  if (Math.abs(y1 - y2) < 0.5) return void points.push([x2, y2]);
  const bend = Math.max(12, (x2 - x1) / 2);
  for (let step = 1; step <= STEPS; step++) {
    const t = step / STEPS;
    const [a, b, c, d] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t ** 3];
    points.push([a * x1 + b * (x1 + bend) + c * (x2 - bend) + d * x2, a * y1 + b * y1 + c * y2 + d * y2]);
  }
}

/** Straight pieces with rounded corners. */
function turn(points, corners) {
  corners.forEach(([x, y], index) => {
    const next = corners[index + 1];
    const before = points.at(-1);
    if (!next) return void points.push([x, y]);
    const reach = Math.min(7, Math.hypot(x - before[0], y - before[1]) / 2, Math.hypot(next[0] - x, next[1] - y) / 2);
    const start = towards([x, y], before, reach);
    const end = towards([x, y], next, reach);
    points.push(start);
    for (const t of [0.33, 0.67])
      points.push([0, 1].map((axis) => (1 - t) ** 2 * start[axis] + 2 * t * (1 - t) * [x, y][axis] + t * t * end[axis]));
    points.push(end);
  });
}

function towards([x, y], [toX, toY], reach) {
  const far = Math.hypot(toX - x, toY - y) || 1;
  return [x + ((toX - x) / far) * reach, y + ((toY - y) / far) * reach];
}

function labelOf(points, from, to, cells) {
  const cell = cells[Math.floor(cells.length / 2)];
  if (cell && from.band === to.band) return [cell.x + cell.width / 2, cell.middle - 14];
  if (from.row === to.row) return [(from.x + from.width + to.x) / 2, Math.max(from.y, to.y) + 14];
  if (from.band === to.band) return [(from.x + from.width + to.x) / 2, (from.middle + to.middle) / 2 - 6];
  return longest(points);
}

/** The middle of the longest straight piece. */
function longest(points) {
  let [best, most] = [0, 0];
  for (let index = 1; index < points.length; index++) {
    const far = Math.abs(points[index][0] - points[index - 1][0]);
    if (far > most) [best, most] = [index, far];
  }
  const [[x1, y], [x2]] = [points[best - 1], points[best]];
  return [(x1 + x2) / 2, y - 6];
}

/** Draws wires as lines with a head. how(wire): {colour, width, alpha}, or null for none. */
export function drawWires(context, wires, how) {
  for (const wire of wires) {
    const style = how(wire);
    if (!style) continue;
    context.globalAlpha = style.alpha;
    context.strokeStyle = context.fillStyle = style.colour;
    context.lineWidth = style.width;
    context.setLineDash(style.dash ?? []);
    trace(context, wire.points);
    head(context, wire.points, style.width);
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
}

function trace(context, points) {
  context.beginPath();
  points.forEach(([x, y], index) => {
    if (!index) context.moveTo(x + 1, y);
    else context.lineTo(index === points.length - 1 ? x - 5 : x, y);
  });
  context.stroke();
}

function head(context, points, width) {
  const [x, y] = points.at(-1);
  const size = 4 + width;
  context.beginPath();
  context.moveTo(x - 0.5, y);
  context.lineTo(x - size - 1, y - size * 0.6);
  context.lineTo(x - size - 1, y + size * 0.6);
  context.fill();
}

/** A wire on its way to the pointer. */
export function looseWire([x1, y1], [x2, y2]) {
  const points = [[x1, y1]];
  curve(points, x1, y1, x2, y2);
  return points;
}

/** The wire nearest to a point, or null when none is within `near`. */
export function wireAt(wires, x, y, near) {
  let [best, least] = [null, near];
  for (const wire of wires) {
    for (let index = 1; index < wire.points.length; index++) {
      const away = distance(x, y, wire.points[index - 1], wire.points[index]);
      if (away < least) [best, least] = [wire, away];
    }
  }
  return best;
}

function distance(x, y, [x1, y1], [x2, y2]) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
}

/** Whether this edge is the one meant. */
export function sameEdge(edge, other) {
  return Boolean(other) && edge.source === other.source && edge.target === other.target;
}
