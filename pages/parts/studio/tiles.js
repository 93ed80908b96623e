// Paints numbers as pictures: heat maps, feature maps and filters from bytes, cells from floats.

import { give } from "./element.js";

const scratch = document.createElement("canvas");

/**
 * Paints a plane of bytes through a table of 256 pixels, scaled into a square of the target.
 * `flip` puts row 0 at the bottom, as on a plane with its axis upwards.
 */
export function paint(
  context,
  data,
  offset,
  height,
  width,
  table,
  x,
  y,
  across,
  down,
  { flip = false, sharp = false } = {},
) {
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const shift = data instanceof Int8Array ? 128 : 0;
  for (let row = 0; row < height; row++) {
    const from = offset + (flip ? height - 1 - row : row) * width;
    for (let column = 0; column < width; column++)
      pixels[row * width + column] = table[data[from + column] + shift];
  }
  blit(context, image, x, y, across, down, sharp);
}

/** One picture of a stack of them, grey or with three colours. array: (pictures, height, width[, 3]) bytes. */
export function paintPicture(context, { data, shape }, index, colours, x, y, across, down = across) {
  const [, height, width, channels = 1] = shape;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const from = index * height * width * channels;
  for (let place = 0; place < pixels.length; place++) {
    const at = from + place * channels;
    pixels[place] =
      channels === 1
        ? colours.grey[data[at]]
        : ((255 << 24) | (data[at + 2] << 16) | (data[at + 1] << 8) | data[at]) >>> 0;
  }
  blit(context, image, x, y, across, down, true);
}

/** Draws raw pixels, scaled. */
export function blit(context, image, x, y, across, down, sharp) {
  put(image);
  context.imageSmoothingEnabled = !sharp;
  context.drawImage(scratch, ...source(0, image.width, image.height, sharp), x, y, across, down);
}

/** The part of the scratch to draw: between pixel centres where smoothed, so that nothing bleeds in. */
function source(top, width, height, sharp) {
  return sharp || width < 2 || height < 2
    ? [0, top, width, height]
    : [0.5, top + 0.5, width - 1, height - 1];
}

/** A hairline around a tile, so that one that is all zero is still seen. */
function outline(context, colours, x, y, size) {
  context.fillStyle = colours.tokens.line;
  context.fillRect(x - 1, y - 1, size + 2, size + 2);
}

function put(image) {
  if (scratch.width < image.width) scratch.width = image.width;
  if (scratch.height < image.height) scratch.height = image.height;
  scratch.getContext("2d").putImageData(image, 0, 0);
}

/** Where tile `index` of a grid lies: left and top. */
export function spot(grid, index, gap = 2) {
  return [
    1 + (index % grid.columns) * (grid.size + gap),
    1 + Math.floor(index / grid.columns) * (grid.size + gap),
  ];
}

/** The tile under a point of the grid, or -1. */
export function tileAt(grid, x, y, gap = 2) {
  const [column, row] = [Math.floor(x / (grid.size + gap)), Math.floor(y / (grid.size + gap))];
  const index = row * grid.columns + column;
  return column >= 0 && column < grid.columns && row >= 0 && index < grid.shown ? index : -1;
}

/**
 * One heat map or feature map per tile. array: (tiles, height, width) bytes, signed or not.
 * All of them go into one stack of pixels first, which is much cheaper than one picture each.
 */
export function paintMaps(context, grid, array, colours, { flip, sharp }) {
  const [count, height, width] = array.shape;
  const table = array.data instanceof Int8Array ? colours.signed : colours.unsigned;
  stack(array.data, Math.min(count, grid.shown), height, width, table, flip);
  context.imageSmoothingEnabled = !sharp;
  for (let index = 0; index < Math.min(count, grid.shown); index++) {
    const [x, y] = spot(grid, index);
    outline(context, colours, x, y, grid.size);
    context.drawImage(scratch, ...source(index * height, width, height, sharp), x, y, grid.size, grid.size);
  }
}

function stack(data, count, height, width, table, flip) {
  const image = new ImageData(width, height * count);
  const pixels = new Uint32Array(image.data.buffer);
  const shift = data instanceof Int8Array ? 128 : 0;
  for (let row = 0; row < height * count; row++) {
    const [tile, line] = [Math.floor(row / height), row % height];
    const from = (tile * height + (flip ? height - 1 - line : line)) * width;
    for (let column = 0; column < width; column++)
      pixels[row * width + column] = table[data[from + column] + shift];
  }
  put(image);
}

/** One filter per tile: its first input channel. array: (filters, channels, height, width) signed bytes. */
export function paintFilters(context, grid, array, colours) {
  const [count, channels, height, width] = array.shape;
  for (let index = 0; index < Math.min(count, grid.shown); index++) {
    const [x, y] = spot(grid, index);
    const offset = index * channels * height * width;
    outline(context, colours, x, y, grid.size);
    paint(context, array.data, offset, height, width, colours.signed, x, y, grid.size, grid.size, {
      sharp: true,
    });
  }
}

/** One cell per number, by sign and size against the largest. values: floats. */
export function paintCells(context, grid, values, colours) {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  for (let index = 0; index < Math.min(values.length, grid.shown); index++) {
    const [x, y] = spot(grid, index);
    if (grid.size > 5) outline(context, colours, x, y, grid.size);
    context.fillStyle = colours.tint(values[index] / largest);
    context.fillRect(x, y, grid.size, grid.size);
  }
}

/** Marks units that answer nothing to every sample with a cross: told by form and not by colour alone. */
export function markDead(context, grid, dead, colours) {
  const tip = "× dead: its output is 0 for every sample, so it learns nothing.";
  give(context.canvas, "data-tip", dead.some(Boolean) ? tip : null);
  context.lineWidth = 1;
  for (let index = 0; index < Math.min(dead.length, grid.shown); index++) {
    if (!dead[index]) continue;
    const [x, y] = spot(grid, index);
    context.strokeStyle = colours.tokens.bad;
    const inset = grid.size * 0.32;
    context.beginPath();
    context.moveTo(x + inset, y + inset);
    context.lineTo(x + grid.size - inset, y + grid.size - inset);
    context.moveTo(x + grid.size - inset, y + inset);
    context.lineTo(x + inset, y + grid.size - inset);
    context.stroke();
  }
}

/** A tile nothing is known about yet. */
export function paintEmpty(context, grid, count, colours) {
  context.fillStyle = colours.tokens.line;
  context.globalAlpha = 0.45;
  for (let index = 0; index < Math.min(count, grid.shown); index++) {
    const [x, y] = spot(grid, index);
    context.fillRect(x, y, grid.size, grid.size);
  }
  context.globalAlpha = 1;
}

/** A ring around one tile. */
export function ring(context, grid, index, colour) {
  const [x, y] = spot(grid, index);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.strokeRect(x - 0.5, y - 0.5, grid.size + 1, grid.size + 1);
}

/** An activation's curve and its slope. curve: {x, y, slope}. */
export function paintCurve(context, curve, width, height, colours) {
  const low = Math.min(-0.2, ...curve.y, ...curve.slope);
  const high = Math.max(1.1, ...curve.y.map((value) => Math.min(value, 3)));
  const first = curve.x[0];
  const place = (index, value) => [
    ((curve.x[index] - first) / (curve.x.at(-1) - first)) * width,
    height - 2 - ((Math.min(value, high) - low) / (high - low)) * (height - 4),
  ];
  const line = (values, colour, dash, weight) => {
    context.beginPath();
    values.forEach((value, index) => context.lineTo(...place(index, value)));
    context.strokeStyle = colour;
    context.setLineDash(dash);
    context.lineWidth = weight;
    context.stroke();
    context.setLineDash([]);
  };
  const zero = place(0, 0)[1];
  context.fillStyle = colours.tokens.line;
  context.fillRect(0, zero, width, 1);
  line(curve.slope, colours.tokens.quiet, [3, 2], 1);
  line(curve.y, colours.tokens.accent, [], 1.75);
}
