// How large a box of the network is, and what it shows. Pure arithmetic.

export const GAP = 30; // between two boxes of a row: room for the links and the shape on the edge
const ILL = [132, 176]; // and of one with a problem, which is written into it
const LINE = 15; // a line of a box's settings or parameter count
const NAME = 14; // the line of its id
const TITLE = 17; // a line of its title
const CURVE = 36; // an activation's curve
export const EDGE = 14; // around everything
export const BETWEEN = 18; // between two rows
export const LOWEST = 132; // the least height of a row
const SLIM = [78, 112]; // least and most width of a box with few tiles
export const OUTER = [84, 112, 140]; // of input and output: room for names beside their tiles
const WIDE = [84, 148]; // and of one with many
const LETTER = 5.2; // pixels of a letter of the summary
const CAPITAL = 6.4; // and of the title
const WORD = 118; // room given to the longest word of a title
const MEND = 34; // a problem's button
const INSET = 8; // between a box's edge and its tiles

/**
 * How many tiles a box shows and how: the largest tiles that fit, at most `limit` pixels wide.
 * @returns {{columns:number, rows:number, size:number, shown:number}}
 */
export function grid(count, width, height, limit, least = 10, gap = 2) {
  let best = null;
  for (let columns = 1; columns <= count; columns++) {
    const across = Math.floor((width - gap * (columns - 1)) / columns);
    if (across < least || across <= (best?.size ?? 0)) break;
    const rows = Math.ceil(count / columns);
    const size = Math.min(limit, across, Math.floor((height - gap * (rows - 1)) / rows));
    if (size >= least && size > (best?.size ?? 0)) best = { columns, rows, size, shown: count };
  }
  if (best) return best;
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
 * What a box shows: a heat map per neuron, a picture per channel, one cell per number, or one sheet over time.
 * @returns {{form:"plane"|"image"|"cells"|"sheet"|"none", count:number, limit:number, least:number}}
 */
export function content(box, picture) {
  const shape = sizes(box.shape);
  if (!shape.length || box.problem) return { form: "none", count: 0, limit: 0, least: 0 };
  if (/ (time|length)\b/.test(box.shape_named ?? "") || box.group === "recurrent")
    return { form: "sheet", count: 1, limit: 124, least: 40 };
  if (shape.length === 3)
    return { form: "image", count: Math.min(shape[0], 64), limit: shape[0] === 1 ? 84 : 44, least: 9 };
  if (picture === "plane") return { form: "plane", count: Math.min(shape[0], 64), limit: 44, least: 12 };
  return { form: "cells", count: Math.min(shape[0], 1024), limit: 20, least: 4 };
}

/** Least and most width of a box; an outer one may grow a second time. */
export function span(box, picture, outer) {
  if (box.problem) return ILL;
  const { count, form } = content(box, picture);
  const wide = form === "sheet" || count > (form === "cells" ? 48 : 12);
  if (outer && !wide) return OUTER;
  const [least, most] = wide ? WIDE : SLIM;
  const word = Math.max(...box.title.split(/[ -]/).map(({ length }) => length * CAPITAL + 42));
  return [Math.max(least, Math.min(word, WORD)), Math.max(most, Math.min(word, WORD))];
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

/** A box's size and what is in it, in a column of this place and a row of this height. */
export function boxed(box, picture, place, tall) {
  const { form, count, limit, least } = content(box, picture);
  const { lines, titles, head } = headOf(box, place.width);
  const tiles = grid(Math.max(count, 1), place.width - 2 * INSET - 4, tall - head - 12, limit, least);
  const body = count ? tiles.rows * (tiles.size + 2) + 8 : told(box, place.width);
  const height = box.problem ? head + body : Math.min(tall, head + body);
  return { ...place, form, count, head, lines, titles, grid: tiles, height };
}

/** Room for what is wrong with a box, in words, and for the button that mends it. */
function told({ problem }, width) {
  if (!problem) return 2;
  const lines = Math.ceil((`${problem.what} ${problem.fix}`.length * LETTER) / (width - 22)) + 1;
  return lines * LINE + (problem.edit ? MEND : 4);
}

/** How many lines a box's words take at a width, and where its tiles begin. */
function headOf(box, width) {
  const titles = wrapped(box.times > 1 ? `${box.title} ×${box.times}` : box.title, width - 42);
  const letters = (box.summary ?? "").length * LETTER;
  const lines = letters > width - 20 ? 2 : letters ? 1 : 0;
  const costs = (box.parameters ? 1 : 0) + (box.flops > 0 ? 1 : 0);
  return {
    lines,
    titles,
    head: 10 + TITLE * titles + (box.kind === "block" ? 0 : NAME) + LINE * (lines + costs) + (box.curve ? CURVE : 0),
  };
}

/** How many lines a title takes when it is broken between its words. */
function wrapped(title, width) {
  let [lines, used] = [1, 0];
  for (const word of title.split(" ")) {
    const need = word.length * CAPITAL;
    if (used && used + 4 + need > width) [lines, used] = [lines + 1, need];
    else used += (used ? 4 : 0) + need;
  }
  return lines;
}
