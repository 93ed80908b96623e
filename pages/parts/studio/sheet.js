// A layer over time on one sheet: hidden states, curves, who attends to whom, or the words that are read.

import { blit } from "./tiles.js";

const CURVES = 6; // more channels than this are drawn as rows of a heat map

/**
 * @typedef {Object} Sheet
 * @property {"attention"|"states"|"signals"|"matrix"|"words"} kind
 * @property {string} title  what is seen, in a word or two
 * @property {{data: ArrayLike<number>, shape: number[]}} [array]
 * @property {number} [head]
 */

/** @returns {Sheet[]} what can be seen of a layer over time, one sheet after the other */
export function sheetsOf(snapshot, id) {
  if (!snapshot) return [];
  const { arrays, facts } = snapshot;
  const sheets = (facts.attention?.[id] ?? []).flatMap(({ array: name, title }) => {
    const array = arrays.get(name);
    return Array.from({ length: array.shape[0] }, (_, head) => ({ kind: "attention", title, array, head }));
  });
  for (const kind of ["states", "signals"]) {
    const array = arrays.get(`${kind}/${id}`);
    if (array) sheets.push({ kind, title: kind === "states" ? "states" : "curves", array });
  }
  const matrix = arrays.get(`matrix/${id}`);
  if (matrix && sheets.length) sheets.push({ kind: "matrix", title: "weights", array: matrix });
  return sheets;
}

/** Paints a box's sheet: all heads side by side, else its states or curves; whether anything was known. */
export function paintSheet(context, { size }, id, snapshot, colours, weights) {
  const sheets = sheetsOf(snapshot, id);
  const place = { x: 1, y: 1, width: size, height: size };
  const heads = sheets.filter(({ kind }) => kind === "attention");
  const words = id === "input" && snapshot?.facts.sample?.words;
  const learned = weights && sheets.find(({ kind }) => kind === "matrix");
  if (learned) paintOne(context, learned, place, colours);
  else if (heads.length) mosaic(context, heads, place, colours);
  else if (sheets.length) paintOne(context, sheets[0], place, colours);
  else if (words) paintWords(context, words, place, colours);
  return Boolean(sheets.length || words);
}

/** One sheet in a rectangle. */
export function paintOne(context, sheet, place, colours) {
  frame(context, place, colours);
  if (sheet.kind === "attention") heat(context, headOf(sheet), place, lifted(colours.unsigned));
  else if (sheet.kind === "states") heat(context, turned(sheet.array), place, colours.signed);
  else if (sheet.kind === "matrix" || sheet.array.shape[0] > CURVES)
    heat(context, { ...sheet.array, offset: 0 }, place, colours.signed);
  else lines(context, sheet.array, place, colours);
}

function frame(context, { x, y, width, height }, colours) {
  context.fillStyle = colours.tokens.line;
  context.fillRect(x - 1, y - 1, width + 2, height + 2);
  context.fillStyle = colours.tokens.panel;
  context.fillRect(x, y, width, height);
}

/** The scale with more room for what is weak: a first step always looks at itself alone. */
function lifted(table) {
  return table.map((_, index) => table[Math.round(Math.sqrt(index / 255) * 255)]);
}

function headOf({ array: { data, shape }, head }) {
  return { data, shape: shape.slice(1), offset: head * shape[1] * shape[2] };
}

/** Time from left to right and units from top to bottom. array: (time, units) */
function turned({ data, shape: [time, units] }) {
  const across = new Int8Array(time * units);
  for (let step = 0; step < time; step++)
    for (let unit = 0; unit < units; unit++) across[unit * time + step] = data[step * units + unit];
  return { data: across, shape: [units, time], offset: 0 };
}

function heat(context, { data, shape: [height, width], offset }, { x, y, ...size }, table) {
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const shift = data instanceof Int8Array ? 128 : 0;
  for (let place = 0; place < pixels.length; place++) pixels[place] = table[data[offset + place] + shift];
  blit(context, image, x, y, size.width, size.height, true);
}

function mosaic(context, heads, { x, y, width, height }, colours) {
  const columns = Math.ceil(Math.sqrt(heads.length));
  const rows = Math.ceil(heads.length / columns);
  const [across, down] = [(width - 3 * (columns - 1)) / columns, (height - 3 * (rows - 1)) / rows];
  heads.forEach((sheet, index) => {
    const left = x + (index % columns) * (across + 3);
    const top = y + Math.floor(index / columns) * (down + 3);
    paintOne(context, sheet, { x: left, y: top, width: across, height: down }, colours);
  });
}

/** A curve per channel, one above the other, each around its own zero. array: (channels, length) */
function lines(context, { data, shape: [channels, length] }, { x, y, width, height }, colours) {
  const band = height / channels;
  context.lineWidth = 1;
  for (let channel = 0; channel < channels; channel++) {
    const middle = y + (channel + 0.5) * band;
    context.fillStyle = colours.tokens.line;
    context.fillRect(x, middle, width, 1);
    context.beginPath();
    for (let at = 0; at < length; at++)
      context.lineTo(
        x + (at / Math.max(1, length - 1)) * width,
        middle - (data[channel * length + at] / 127) * (band / 2 - 2),
      );
    context.strokeStyle = colours.tokens.positive;
    context.stroke();
  }
}

/** The words that are read, as many as fit, the fields one below the other. */
function paintWords(context, fields, { x, y, width, height }, colours) {
  frame(context, { x, y, width, height }, colours);
  const texts = Object.values(fields).map((words) => visible(words).join(words.some(longer) ? " " : ""));
  context.font = `10px ${colours.tokens.fonts?.code ?? "monospace"}`;
  context.textBaseline = "top";
  const letters = Math.max(1, Math.floor((width - 6) / context.measureText("m").width));
  const room = Math.max(1, Math.floor((height - 6) / 12));
  const all = texts.flatMap((text) => text.match(new RegExp(`.{1,${letters}}`, "gu")) ?? []);
  all.slice(0, room).forEach((line, index) => {
    context.fillStyle = colours.tokens.text;
    const cut = index === room - 1 && all.length > room ? `${line.slice(0, -1)}…` : line;
    context.fillText(cut, x + 3, y + 4 + index * 12);
  });
}

const longer = (word) => [...word].length > 1;

const MARKS = { "\n": "↵", "\t": "→", "␂": "›", "␃": "‹", "␀": "·" };

/** Words with what cannot be seen made visible: ends of lines, and the marks around an answer. */
export function visible(words) {
  return words.map((word) => word.replace(/[\n\t␂␃␀]/gu, (mark) => MARKS[mark]));
}
