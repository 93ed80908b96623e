// A network as a small picture: a box for every layer in the colour of its family, and the wires between.

import { svg } from "./element.js";

const [WIDTH, HEIGHT] = [264, 56];
const [CELL, BOX_WIDTH, BOX_HEIGHT] = [24, 15, 22]; // at most; long and high networks get smaller ones
const ROW = 30;

/** @param {{columns:number, rows:number, boxes:[number,number,string][], edges:[number,number,number[][]][]}} of */
export function createMiniature({ columns, rows, boxes, edges }) {
  const across = Math.min(CELL, WIDTH / columns);
  const down = Math.min(ROW, HEIGHT / rows);
  const width = Math.min(BOX_WIDTH, across * 0.64);
  const height = Math.min(BOX_HEIGHT, down - 8, width * 2);
  const left = (WIDTH - across * (columns - 1)) / 2;
  const top = (HEIGHT - down * (rows - 1)) / 2;
  const place = ([column, row]) => [left + across * column, top + down * row];
  const wires = edges.map(([from, to, via]) => {
    const points = [boxes[from], ...via, boxes[to]].map(place);
    return svg("path", { d: line(points, width / 2) });
  });
  const drawn = boxes.map((box) => {
    const [x, y] = place(box);
    const style = `--group: var(--ls-group-${box[2]}, var(--ls-quiet))`;
    return svg("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: width / 6, style });
  });
  const attributes = { class: "ls-miniature", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" };
  return svg("svg", attributes, ...wires, ...drawn);
}

/** Level along a row, bent in the gap between two columns. */
function line([[x, y], ...rest], half) {
  let path = `M${x} ${y}`;
  for (const [nextX, nextY] of rest) {
    if (nextY === y) path += `H${nextX}`;
    else {
      const [start, end] = [x + half, nextX - half];
      const middle = (start + end) / 2;
      path += `H${start}C${middle} ${y} ${middle} ${nextY} ${end} ${nextY}H${nextX}`;
    }
    [x, y] = [nextX, nextY];
  }
  return path;
}
