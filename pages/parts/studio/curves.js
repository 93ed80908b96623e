// Curves of numbers over time, drawn small: what was seen, what came, what was said.

/** The least and the largest of some numbers, with a little room. */
export function rangeOf(...lists) {
  let [low, high] = [Infinity, -Infinity];
  for (const list of lists)
    for (const value of list ?? [])
      if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low > high) return [-1, 1];
  const room = (high - low || 1) * 0.06;
  return [low - room, high + room];
}

/** One column of numbers laid out row by row: (steps, values). */
export function columnOf({ data, shape: [steps, values] }, column) {
  return Array.from({ length: steps }, (_, step) => data[step * values + column]);
}

/**
 * A line through numbers. `from` is the step of the first of them, `steps` how many the whole width holds;
 * a single number is a dot.
 */
export function paintLine(context, numbers, { x, y, width, height }, [low, high], style) {
  const { from = 0, steps = numbers.length, colour, dash = [], weight = 1.5 } = style;
  const across = (step) => x + ((from + step) / Math.max(1, steps - 1)) * width;
  const down = (value) => y + height - ((value - low) / (high - low)) * height;
  context.save();
  context.beginPath();
  context.rect(x - 3, y - 3, width + 6, height + 6);
  context.clip();
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = weight;
  context.setLineDash(dash);
  context.beginPath();
  numbers.forEach((value, step) => Number.isFinite(value) && context.lineTo(across(step), down(value)));
  context.stroke();
  context.setLineDash([]);
  if (numbers.length <= 2 && from > 0) {
    context.beginPath();
    context.arc(across(numbers.length - 1), down(numbers.at(-1)), 2.5, 0, 2 * Math.PI);
    context.fill();
  }
  context.restore();
}

/** All values of one sample as a small picture. array: (samples, steps, values) */
export function paintSample(context, { data, shape: [, steps, values] }, sample, place, colours) {
  const from = sample * steps * values;
  const one = { data: data.subarray(from, from + steps * values), shape: [steps, values] };
  const all = rangeOf(one.data);
  for (let value = 0; value < Math.min(values, 8); value++)
    paintLine(context, columnOf(one, value), place, all, {
      colour: values > 1 ? colours.tokens.categorical[value % colours.tokens.categorical.length] : colours.tokens.accent,
      weight: 1,
    });
}
