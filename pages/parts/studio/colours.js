// The palette as the Studio needs it: CSS variables, and tables from a number to a pixel. Names no colour.

/** "#rrggbb" as three numbers. */
function channels(colour) {
  const number = parseInt(colour.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

/** 256 pixels (as ImageData's 32-bit words) from the first to the last of evenly spaced stops. */
function ramp(stops) {
  const points = stops.map(channels);
  return Uint32Array.from({ length: 256 }, (_, index) => {
    const place = (index / 255) * (points.length - 1);
    const [low, high] = [points[Math.floor(place)], points[Math.ceil(place)]];
    const [red, green, blue] = low.map((value, channel) => value + (high[channel] - value) * (place % 1));
    return pixel(red, green, blue);
  });
}

function signed(tokens) {
  const table = ramp([tokens.negative, tokens.zero, tokens.positive]);
  table[0] = pixel(...channels(tokens.quiet));
  return table;
}

function pixel(red, green, blue) {
  return ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}

/**
 * What painting needs in one theme.
 * `signed[v + 128]` is the pixel of a signed byte (-128 is no number), `unsigned[v]` of an unsigned one, `classes[k]` of a class.
 */
export function createColours(tokens) {
  return {
    tokens,
    signed: signed(tokens),
    unsigned: ramp(tokens.sequence),
    grey: ramp([tokens.panel, tokens.text]),
    classPixels: tokens.categorical.map((colour) => pixel(...channels(colour))),
    /** The colour of a signed number between -1 and 1, as CSS. */
    tint: (share) => css(tint(tokens, share)),
    /** The colour of a class: with two of them the two ends of the signed scale. */
    classColour: (index, count) =>
      (count <= 2 ? [tokens.negative, tokens.positive] : tokens.categorical)[
        index % (count <= 2 ? 2 : tokens.categorical.length)
      ],
    group: (name) => tokens.groups[name] ?? tokens.quiet,
  };
}

function tint(tokens, share) {
  const end = channels(share < 0 ? tokens.negative : tokens.positive);
  const zero = channels(tokens.zero);
  const amount = Math.min(Math.abs(share), 1);
  return zero.map((value, channel) => Math.round(value + (end[channel] - value) * amount));
}

function css([red, green, blue]) {
  return `rgb(${red},${green},${blue})`;
}

/** Hands the palette to the style sheet as `--ls-…` variables on the Studio's root. */
export function dress(root, tokens, name) {
  for (const [token, value] of Object.entries(tokens)) {
    if (typeof value === "string") root.style.setProperty(`--ls-${token.replaceAll("_", "-")}`, value);
  }
  for (const [group, value] of Object.entries(tokens.groups))
    root.style.setProperty(`--ls-group-${group}`, value);
  root.style.setProperty("--ls-code-font", tokens.fonts.code);
  root.dataset.theme = name;
  root.style.colorScheme = name;
}
