// Where the boxes of a network go: in the drawing's columns and rows, and in as many bands as the place needs.
// Pure arithmetic.

import { BETWEEN, EDGE, GAP, LOWEST, OUTER, boxed, span } from "./layout.js";

const SCALES = [1, 0.9, 0.8, 0.72, 0.65, 0.58, 0.52, 0.46, 0.4, 0.35, 0.3, 0.25, 0.2];
const ASIDE = [26, 26]; // width of a column that only wires run through
const THIN = 22; // height of a row that only wires run through
const APART = 14; // between two rows of a band
const UNBROKEN = 0.72; // how much smaller branches may be drawn for fewer breaks into bands

/** Splits columns into `count` bands of about the same least width, in order. */
function split(spans, count, width) {
  const bands = [[]];
  const total = spans.reduce((sum, [least]) => sum + least + GAP, 0);
  let used = 0;
  let filled = 0;
  spans.forEach(([least], index) => {
    const need = least + (bands.at(-1).length ? GAP : 0);
    const due = filled >= (total * bands.length) / count && bands.length < count;
    if (bands.at(-1).length && (used + need > width || due)) {
      bands.push([]);
      used = 0;
    }
    used += least + (bands.at(-1).length ? GAP : 0);
    filled += least + GAP;
    bands.at(-1).push(index);
  });
  return bands;
}

/** The fewest bands that are no wider than the place; tried from the number their widths ask for. */
function bandsFor(spans, width) {
  const total = spans.reduce((sum, [least]) => sum + least + GAP, 0);
  for (let count = Math.max(1, Math.floor(total / (width + GAP))); count <= spans.length; count++) {
    const bands = split(spans, count, width);
    if (bands.length <= count) return bands;
  }
  return spans.map((_, index) => [index]);
}

/**
 * The widths of a band's columns: the least, and of what is left the outer boxes get their share first, then the
 * others, and then the outer ones again, whose names have more room.
 */
function widthsOf(band, spans, room) {
  const widths = band.map((index) => spans[index][0]);
  const grow = (outer, limit) => {
    const places = [...band.keys()].filter((place) => (spans[band[place]] === OUTER) === outer);
    const wish = places.reduce((sum, place) => sum + spans[band[place]][limit] - widths[place], 0);
    const spare = room - widths.reduce((sum, width) => sum + width, 0);
    const share = wish > 0 ? Math.min(1, Math.max(0, spare / wish)) : 0;
    for (const place of places)
      widths[place] += Math.floor((spans[band[place]][limit] - widths[place]) * share);
  };
  grow(true, 1);
  grow(false, 1);
  grow(true, 2);
  return widths;
}

/** Left edges and widths of a band's columns, in the middle of the width. */
function across(band, spans, width) {
  const gaps = GAP * (band.length - 1);
  const widths = widthsOf(band, spans, width - gaps);
  const taken = widths.reduce((sum, value) => sum + value, 0);
  const spare = band.length > 1 ? Math.max(0, (width - gaps - taken) / (band.length - 1)) : 0;
  const gap = GAP + Math.min(48, spare);
  let x = EDGE + Math.max(0, (width - taken - gap * (band.length - 1)) / 2);
  return widths.map((size) => {
    const column = { x: Math.round(x), width: size };
    x += size + gap;
    return column;
  });
}

/** The drawing's grid: its columns from left to right, each with how wide it may be and what runs through. */
function columnsOf(boxes, edges, picture) {
  const columns = new Map();
  const at = (number) => {
    if (!columns.has(number)) columns.set(number, { span: null, boxes: [], rows: new Set() });
    return columns.get(number);
  };
  boxes.forEach((box, index) => {
    const column = at(box.column);
    const wide = span(box, picture, index === 0 || index === boxes.length - 1);
    column.span = column.span ? widest(column.span, wide) : wide;
    column.boxes.push(box);
    column.rows.add(box.row);
  });
  for (const { via = [] } of edges) for (const [number, row] of via) at(number).rows.add(row);
  return [...columns].sort(([a], [b]) => a - b).map(([number, column]) => ({ number, ...column }));
}

function widest(one, other) {
  return one === other ? one : [Math.max(one[0], other[0]), Math.max(one[1], other[1])];
}

/** The rows a band's boxes and wires use, from top to bottom, and which of them hold a box. */
function rowsOf(band, columns) {
  const held = new Set();
  const used = new Set();
  for (const index of band) {
    for (const box of columns[index].boxes) held.add(box.row);
    for (const row of columns[index].rows) used.add(row);
  }
  return [...used].sort((a, b) => a - b).map((row) => ({ row, thin: !held.has(row) }));
}

/** Lays everything into a place of this size. */
function lay(columns, picture, width, height) {
  const inner = width - 2 * EDGE;
  const spans = columns.map((column) => column.span ?? ASIDE);
  const bands = bandsFor(spans, inner).map((band) => ({ band, rows: rowsOf(band, columns) }));
  const rows = bands.flatMap((band) => band.rows);
  const gaps = BETWEEN * (bands.length - 1) + APART * (rows.length - bands.length);
  const thin = rows.filter((row) => row.thin).length;
  const spare = height - 2 * EDGE - gaps - THIN * thin;
  const tall = Math.max(LOWEST, spare / Math.max(1, rows.length - thin));
  const out = { places: new Map(), cells: new Map(), bands: [], width, height: EDGE };
  bands.forEach((band, number) => layBand(out, band, number, columns, spans, { picture, inner, tall }));
  out.height += EDGE - BETWEEN;
  return out;
}

function layBand(out, { band, rows }, number, columns, spans, { picture, inner, tall }) {
  const strips = across(band, spans, inner);
  const made = new Map();
  const heights = new Map(rows.map(({ row, thin }) => [row, thin ? THIN : 0]));
  band.forEach((index, place) => {
    for (const box of columns[index].boxes) {
      const measured = boxed(box, picture, strips[place], tall);
      made.set(box.id, { box, measured, column: index });
      heights.set(box.row, Math.max(heights.get(box.row), measured.height));
    }
  });
  const [top, middles] = [out.height, new Map()];
  for (const { row } of rows) {
    middles.set(row, out.height + heights.get(row) / 2);
    out.height += heights.get(row) + APART;
  }
  out.height += BETWEEN - APART;
  for (const [id, { box, measured, column }] of made) {
    const y = Math.round(middles.get(box.row) - measured.height / 2);
    const middle = Math.round(middles.get(box.row));
    out.places.set(id, { ...measured, y, middle, band: number, column, row: number * 1e4 + box.row });
  }
  band.forEach((index, place) => {
    for (const { row } of rows)
      out.cells.set(`${columns[index].number},${row}`, {
        ...strips[place],
        middle: middles.get(row),
        band: number,
      });
  });
  out.bands.push({ top, bottom: out.height - BETWEEN });
}

/**
 * A place for every box, and for every cell a wire may run through: at the largest scale at which all is seen, or
 * at the one that is `kept`.
 * @returns {{places: Map<string, object>, cells: Map<string, object>, bands: object[], width: number,
 *   height: number, scale: number}}
 */
export function arrange({ boxes, edges }, picture, width, height, kept = 0) {
  const columns = columnsOf(boxes, edges, picture);
  const branched = boxes.some(({ row }) => row !== boxes[0].row);
  let found = null;
  for (const scale of kept ? [kept] : SCALES) {
    if (found?.fits && (!branched || scale < UNBROKEN * found.scale)) break;
    const next = { ...lay(columns, picture, width / scale, height / scale), scale };
    next.fits = next.height * scale <= height + 1;
    if (!found?.fits || (next.fits && next.bands.length < found.bands.length)) found = next;
  }
  return found;
}
