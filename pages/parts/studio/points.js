// The samples of a plane data set as dots: by class or value in colour, by split in form.

const [TRAIN, TEST] = [0, 2]; // the splits' numbers; 1 is validation, 3 what was left out of training

/** Where a point of the plane lies on a square of `size` pixels. */
export function onSquare([low, high], size, x, y) {
  return [((x - low) / (high - low)) * size, (1 - (y - low) / (high - low)) * size];
}

/** The dot's colour: its class, or its value on the signed scale. */
function colourOf(studio, preview) {
  const { colours, state } = studio;
  const { data } = preview.arrays.get("targets");
  const task = state.drawing?.task;
  if (task?.kind === "classification") {
    const count = task.classes?.length || task.outputs;
    return (index) => colours.classColour(data[index], count);
  }
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  return (index) => colours.tint(data[index] / largest);
}

/** Draws the train samples as discs, and the test samples as diamonds when `tests` is on. */
export function drawPoints(context, size, preview, studio, { radius, tests, chosen = -1 }) {
  const { data } = preview.arrays.get("points");
  const split = preview.arrays.get("split")?.data;
  const colour = colourOf(studio, preview);
  const { extent } = preview.facts;
  const { tokens } = studio.colours;
  const ring = studio.state.drawing?.task.kind === "classification" ? tokens.panel : tokens.quiet;
  context.lineWidth = radius > 2 ? 1 : 0.5;
  for (let index = 0; index < data.length / 2; index++) {
    const part = split?.[index] ?? TRAIN;
    if (part !== TRAIN && !(part === TEST && tests)) continue;
    const [x, y] = onSquare(extent, size, data[2 * index], data[2 * index + 1]);
    dot(context, x, y, radius, part === TEST);
    context.fillStyle = colour(index);
    context.strokeStyle = part === TEST ? tokens.text : ring;
    context.fill();
    context.stroke();
  }
  if (chosen >= 0 && chosen < data.length / 2)
    halo(context, studio, onSquare(extent, size, data[2 * chosen], data[2 * chosen + 1]), radius);
}

function dot(context, x, y, radius, diamond) {
  context.beginPath();
  if (!diamond) context.arc(x, y, radius, 0, 2 * Math.PI);
  else {
    context.moveTo(x, y - radius * 1.3);
    context.lineTo(x + radius * 1.3, y);
    context.lineTo(x, y + radius * 1.3);
    context.lineTo(x - radius * 1.3, y);
    context.closePath();
  }
}

function halo(context, studio, [x, y], radius) {
  context.beginPath();
  context.arc(x, y, radius + 4, 0, 2 * Math.PI);
  context.strokeStyle = studio.colours.tokens.text;
  context.lineWidth = 2;
  context.stroke();
}

/** The sample nearest to a place on the square, among those shown; -1 when none is near. */
export function pointAt(preview, size, x, y, tests) {
  const { data } = preview.arrays.get("points");
  const split = preview.arrays.get("split")?.data;
  let [best, least] = [-1, 12];
  for (let index = 0; index < data.length / 2; index++) {
    const part = split?.[index] ?? TRAIN;
    if (part !== TRAIN && !(part === TEST && tests)) continue;
    const [left, top] = onSquare(preview.facts.extent, size, data[2 * index], data[2 * index + 1]);
    const away = Math.hypot(left - x, top - y);
    if (away < least) [best, least] = [index, away];
  }
  return best;
}
