// Finding a learning rate: the loss while the rate rises from tiny to huge, and one press to take what suits.

import { make, svg } from "./element.js";
import { createPopover } from "./popover.js";
import { short, whole } from "./numbers.js";
import { unpack } from "./snapshot.js";

const [WIDE, HIGH, LEFT, FOOT, NAME] = [300, 146, 34, 30, 12]; // pixels of the drawing, and of its margins
const PATH = "training.optimizer.learning_rate";
const NOISE_TIP = "Find a batch size: measures how much the gradients of single batches disagree.";
const TIP = "Find a rate: trains a fresh copy for a few seconds while the rate rises, and shows where the loss falls.";

/** The button that opens the test of learning rates. */
export function createRange(studio) {
  const show = (found) => [drawing(found), make("p", { class: "ls-help" }, sentence(found))];
  return finder(studio, { title: "Find a learning rate", tip: TIP, ask: "rate_range", path: PATH, show, wait: "Trying rates on a fresh copy of the network. A few seconds…" });
}

/** The button that measures which batch size suits. */
export function createNoise(studio) {
  const show = (found) => [make("p", { class: "ls-help" }, noiseSentence(found))];
  return finder(studio, { title: "Find a batch size", tip: NOISE_TIP, ask: "noise", path: "training.batch_size", show, wait: "Training a fresh copy for two seconds, and comparing its gradients…" });
}

/** A button whose panel asks, shows what was found, and takes it with one press. */
function finder(studio, { title, tip, ask, path, show, wait }) {
  const button = make("button", { type: "button", class: "ls-find", "aria-label": title, "data-tip": tip }, "find");
  createPopover(studio, button, title, async (panel, close) => {
    const status = make("p", { class: "ls-facts", role: "status" }, wait);
    panel.append(make("h3", {}, title), status);
    const reply = await studio.ask(ask, { draft: studio.state.draft });
    if (!panel.contains(status)) return;
    if (!reply.ok || !reply.data) {
      status.textContent = (reply.problems ?? []).map(({ what, fix }) => `${what} ${fix}`).join(" ");
      return;
    }
    const found = unpack(reply.data).facts;
    status.replaceWith(...show(found), ...take(studio, found, path, close));
  }, { wide: true });
  return button;
}

const FEWER = " With so few samples at most a quarter of them is offered, so that an epoch has several steps.";

function noiseSentence({ steps, batches, scale, suggestion }) {
  const measured = `Compared ${whole(batches)} batches after ${whole(steps)} steps.`;
  if (scale === null) return `${measured} Their gradients agree on nothing that can be told from noise: as large a batch as the data bears, ${whole(suggestion)}.`;
  return `${measured} Their noise is that of ${short(scale)} samples: up to about so many, a larger batch makes each step better nearly in proportion; beyond, more samples add little. It grows as training goes on.${suggestion < scale / 1.5 ? FEWER : ""}`;
}

function sentence({ rates, suggestion }) {
  const tried = `Tried ${short(rates[0])} to ${short(rates.at(-1))}, one step each.`;
  if (suggestion === null) return `${tried} The loss never fell clearly: so few steps tell nothing about this network.`;
  return `${tried} A good beginning is ${short(suggestion)}, where the loss falls and is not yet near to exploding.`;
}

function take(studio, { suggestion }, path, close) {
  if (suggestion === null) return [];
  const use = () => {
    studio.change(path, suggestion, { final: true, gesture: null });
    close(true);
  };
  return [make("button", { type: "button", class: "ls-button ls-primary", "data-first": "", onclick: use }, `Use ${short(suggestion)}`)];
}

/** The loss over the rate, on a logarithmic axis, with a line at what is suggested. */
function drawing({ rates, losses, suggestion }) {
  const [low, high] = [Math.log10(rates[0]), Math.log10(rates.at(-1))];
  const least = Math.min(...losses);
  const top = Math.min(Math.max(...losses), losses[0] + 0.6 * (losses[0] - least || losses[0])); // not up to the explosion
  const across = (rate) => LEFT + ((Math.log10(rate) - low) / (high - low || 1)) * (WIDE - LEFT - 6);
  const down = (loss) => 6 + ((top - Math.min(loss, top)) / (top - least || 1)) * (HIGH - FOOT - 10);
  const points = rates.map((rate, place) => `${across(rate).toFixed(1)},${down(losses[place]).toFixed(1)}`).join(" ");
  const decades = [];
  for (let power = Math.ceil(low); power <= high; power += 1) decades.push(power);
  const word = (text, x, y, anchor) => svg("text", { x, y, "text-anchor": anchor, class: "ls-range-word" }, text);
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "ls-range", role: "img", "aria-label": "Loss over the learning rate" },
    ...decades.map((power) => svg("path", { d: `M${across(10 ** power)} 6V${HIGH - FOOT}`, class: "ls-range-grid" })),
    ...decades.filter((_, place) => place % 2 === 0).map((power) => word(short(10 ** power), across(10 ** power), HIGH - 4 - NAME, "middle")),
    word("learning rate", (LEFT + WIDE) / 2, HIGH - 2, "middle"),
    word("loss", LEFT + 4, 12, "start"),
    word(short(top), LEFT - 4, 14, "end"),
    word(short(least), LEFT - 4, HIGH - FOOT, "end"),
    svg("polyline", { points, class: "ls-range-curve" }),
    ...(suggestion === null ? [] : [svg("path", { d: `M${across(suggestion)} 6V${HIGH - FOOT}`, class: "ls-range-here" })]),
  );
}
