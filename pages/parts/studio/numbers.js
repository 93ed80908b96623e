// How numbers are written: few digits, thin spaces, units, and always the same width.

/** A whole number with thin spaces between thousands: 12 345. */
export function whole(value) {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

/** A number in at most `digits` significant digits, with a true minus sign. */
export function short(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text =
    size >= 1e5 || size < 1e-3
      ? value.toExponential(Math.max(digits - 2, 0)).replace(/\.?0+e/, "e")
      : trimmed(value, digits);
  return text.replace("-", "−").replace("e+", "e").replace("e−0", "e−");
}

function trimmed(value, digits) {
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  const text = value.toFixed(Math.min(decimals, 8));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** A signed number for columns of figures: two decimals, or two digits where it is small: −0.31, 0.0022. */
export function column(value) {
  if (!Number.isFinite(value)) return "–";
  if (value !== 0 && Math.abs(value) < 0.1) return short(value, 2);
  const text = value.toFixed(Math.abs(value) >= 100 ? 0 : 2);
  return text.replace("-", "−");
}

/** Seconds as 0:07, 12:30 or 1:02:03. */
export function clock(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const total = Math.max(0, Math.floor(seconds));
  const tail = `${Math.floor(total / 60) % 60}:${String(total % 60).padStart(2, "0")}`;
  return total < 3600 ? tail : `${Math.floor(total / 3600)}:${tail.padStart(5, "0")}`;
}

/** A large number in few characters: 950, 4.0k, 1.2M. */
export function brief(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value < 10) return value.toFixed(1);
  if (value < 1000) return value.toFixed(0);
  return value < 1e6 ? `${(value / 1e3).toFixed(value < 1e4 ? 1 : 0)}k` : `${(value / 1e6).toFixed(1)}M`;
}

/** A metric's value; shares are shown in percent. */
export function score(value, unit) {
  if (value === null || value === undefined) return "–";
  return unit === "%" ? `${(100 * value).toFixed(1)} %` : short(value, 4);
}

/** Bytes with a unit a person reads: 950 B, 4.2 kB, 12 MB. */
export function bytes(value) {
  if (!Number.isFinite(value)) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [size, unit] = [value, 0];
  while (size >= 1000 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${unit && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** Seconds in few characters: 0.4 s, 12 s, 3.5 min, 2.1 h. */
export function span(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 0.1) return `${short(seconds * 1000, 2)} ms`;
  if (seconds < 90) return `${short(seconds, 2)} s`;
  return seconds < 5400 ? `${short(seconds / 60, 2)} min` : `${short(seconds / 3600, 2)} h`;
}
