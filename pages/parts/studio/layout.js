// Where the boxes of a network go: in reading order, in as many rows as the place needs. Pure arithmetic.

export const GAP = 30; // between two boxes of a row: room for the links and the shape on the edge
const ILL = [132, 176]; // and of one with a problem, which is written into it
const LINE = 15; // a line of a box's settings or parameter count
const NAME = 14; // the line of its id
const TITLE = 17; // a line of its title
const CURVE = 36; // an activation's curve
const EDGE = 14; // around everything
const BETWEEN = 18; // between two rows
const LOWEST = 132; // the least height of a row
const SLIM = [78, 112]; // least and most width of a box with few tiles
const OUTER = [84, 112, 140]; // of input and output: room for names beside their tiles
const WIDE = [84, 148]; // and of one with many
const LETTER = 5.2; // pixels of a letter of the summary
const CAPITAL = 6.4; // and of the title
const INSET = 8; // between a box's edge and its tiles

/**
 * How many tiles a box shows and how: the largest tiles that fit, at most `limit` pixels wide.
 * @returns {{columns:number, rows:number, size:number, shown:number}}
 */
export function grid(count, width, height, limit, least = 10, gap = 2) {
  for (let columns = 1; columns <= count; columns++) {
    const size = Math.min(limit, Math.floor((width - gap * (columns - 1)) / columns));
    if (size < least) break;
    const rows = Math.ceil(count / columns);
    if (rows * (size + gap) - gap <= height) return { columns, rows, size, shown: count };
  }
  const columns = Math.max(1, Math.floor((width + gap) / (least + gap)));
  const rows = Math.max(1, Math.floor((height + gap) / (least + gap)));
  return { columns, rows, size: least, shown: Math.min(count, columns * rows) };
}

/** The sizes in a shape's text: "16×8×8" gives [16, 8, 8]. */
export function sizes(shape) {
  return (shape ?? "")
    .split("×")
    .map(Number)
    .filter((size) => size > 0);
}

/**
 * What a box shows: a heat map per neuron, a picture per channel, or one cell per number.
 * @returns {{form:"plane"|"image"|"cells"|"none", count:number, limit:number, least:number}}
 */
export function content(box, picture) {
  const shape = sizes(box.shape);
  if (!shape.length || box.problem) return { form: "none", count: 0, limit: 0, least: 0 };
  if (shape.length === 3)
    return { form: "image", count: Math.min(shape[0], 64), limit: shape[0] === 1 ? 84 : 44, least: 9 };
  if (picture === "plane") return { form: "plane", count: Math.min(shape[0], 64), limit: 44, least: 12 };
  return { form: "cells", count: Math.min(shape[0], 1024), limit: 20, least: 4 };
}

function span(box, picture, outer) {
  if (box.problem) return ILL;
  const { count, form } = content(box, picture);
  return count > (form === "cells" ? 48 : 12) ? WIDE : outer ? OUTER : SLIM;
}

/** Splits boxes into `count` rows of about the same least width, in order. */
function split(spans, count, width) {
  const rows = [[]];
  const total = spans.reduce((sum, [least]) => sum + least + GAP, 0);
  let used = 0;
  let filled = 0;
  spans.forEach(([least], index) => {
    const need = least + (rows.at(-1).length ? GAP : 0);
    const due = filled >= (total * rows.length) / count && rows.length < count;
    if (rows.at(-1).length && (used + need > width || due)) {
      rows.push([]);
      used = 0;
    }
    used += least + (rows.at(-1).length ? GAP : 0);
    filled += least + GAP;
    rows.at(-1).push(index);
  });
  return rows;
}

function rowsFor(spans, width) {
  for (let count = 1; count <= spans.length; count++) {
    const rows = split(spans, count, width);
    if (rows.length <= count) return rows;
  }
  return spans.map((_, index) => [index]);
}

/**
 * The widths of a row's boxes: the least, and of what is left the outer boxes get their share first, then the
 * others, and then the outer ones again, whose names have more room.
 */
function widthsOf(row, spans, room) {
  const widths = row.map((index) => spans[index][0]);
  const grow = (outer, limit) => {
    const places = [...row.keys()].filter((place) => (spans[row[place]] === OUTER) === outer);
    const wish = places.reduce((sum, place) => sum + spans[row[place]][limit] - widths[place], 0);
    const spare = room - widths.reduce((sum, width) => sum + width, 0);
    const share = wish > 0 ? Math.min(1, Math.max(0, spare / wish)) : 0;
    for (const place of places)
      widths[place] += Math.floor((spans[row[place]][limit] - widths[place]) * share);
  };
  grow(true, 1);
  grow(false, 1);
  grow(true, 2);
  return widths;
}

function placeRow(row, spans, width) {
  const gaps = GAP * (row.length - 1);
  const widths = widthsOf(row, spans, width - gaps);
  const taken = widths.reduce((sum, value) => sum + value, 0);
  const gap =
    GAP + (row.length > 1 ? Math.min(48, Math.max(0, (width - gaps - taken) / (row.length - 1))) : 0);
  const used = taken + gap * (row.length - 1);
  let x = EDGE + Math.max(0, (width - used) / 2);
  return widths.map((size) => {
    const place = { x: Math.round(x), width: size };
    x += size + gap;
    return place;
  });
}

/**
 * @typedef {Object} Place
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {number} row
 * @property {number} head  where its tiles begin, below its top
 * @property {{columns:number, rows:number, size:number, shown:number}} grid
 * @property {"plane"|"image"|"cells"|"none"} form
 */

/**
 * A place for every box, and the height they need.
 * @returns {{places: Map<string, Place>, height: number}}
 */
export function arrange(boxes, picture, width, height) {
  const inner = width - 2 * EDGE;
  const spans = boxes.map((box, index) => span(box, picture, index === 0 || index === boxes.length - 1));
  const rows = rowsFor(spans, inner);
  const tall = Math.max(LOWEST, (height - 2 * EDGE - BETWEEN * (rows.length - 1)) / rows.length);
  const places = new Map();
  rows.forEach((row, number) => {
    const middle = EDGE + number * (tall + BETWEEN) + tall / 2;
    placeRow(row, spans, inner).forEach((place, position) => {
      const box = boxes[row[position]];
      places.set(box.id, boxed(box, picture, place, middle, tall, number));
    });
  });
  return { places, height: 2 * EDGE + rows.length * tall + BETWEEN * (rows.length - 1) };
}

function boxed(box, picture, place, middle, tall, row) {
  const { form, count, limit, least } = content(box, picture);
  const { lines, titles, head } = headOf(box, place.width);
  const tiles = grid(Math.max(count, 1), place.width - 2 * INSET - 4, tall - head - 12, limit, least);
  const body = count ? tiles.rows * (tiles.size + 2) + 8 : 2;
  const height = Math.min(tall, head + body);
  return {
    ...place,
    row,
    form,
    count,
    head,
    lines,
    titles,
    grid: tiles,
    height,
    y: Math.round(middle - height / 2),
    middle: Math.round(middle),
  };
}

/** How many lines a box's words take at a width, and where its tiles begin. */
function headOf(box, width) {
  const titles = box.title.length * CAPITAL > width - 38 ? 2 : 1;
  const letters = (box.summary ?? "").length * LETTER;
  const lines = letters > width - 20 ? 2 : letters ? 1 : 0;
  return {
    lines,
    titles,
    head: 10 + TITLE * titles + NAME + LINE * (lines + (box.parameters ? 1 : 0)) + (box.curve ? CURVE : 0),
  };
}
