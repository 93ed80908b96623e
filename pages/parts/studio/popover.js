// A small panel that opens at a button, over everything else, and closes by itself.

import { give, make } from "./element.js";
import { icon } from "./icons.js";

/**
 * A button and the panel it opens. `fill(panel, close)` draws the panel each time it opens.
 * @returns {{button: HTMLElement, open: () => void, close: () => void, panel: HTMLElement}}
 */
export function createPopover(studio, button, label, fill, { wide = false } = {}) {
  const panel = make("div", {
    class: `ls-popover${wide ? " ls-wide" : ""}`,
    role: "dialog",
    "aria-label": label,
    hidden: true,
    tabindex: "-1",
  });
  give(button, "aria-haspopup", "dialog");
  give(button, "aria-expanded", "false");
  const outside = ({ target }) => !panel.contains(target) && !button.contains(target) && close(false);
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close(true);
  };
  // What had the focus may be gone or disabled by now: Escape closes the panel all the same.
  const lost = (event) => !panel.contains(document.activeElement) && escape(event);
  function close(back = true) {
    if (panel.hidden) return;
    panel.hidden = true;
    give(button, "aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    document.removeEventListener("keydown", lost, true);
    if (back) button.focus();
  }
  function open() {
    if (!panel.isConnected) studio.root.append(panel);
    panel.replaceChildren();
    fill(panel, close);
    panel.hidden = false;
    give(button, "aria-expanded", "true");
    place(studio, panel, button.getBoundingClientRect());
    document.addEventListener("pointerdown", outside, true);
    document.addEventListener("keydown", lost, true);
    first(panel).focus();
  }
  const grown = new ResizeObserver(() => panel.hidden || place(studio, panel, button.getBoundingClientRect()));
  grown.observe(panel);
  studio.ending.push(() => grown.disconnect());
  panel.addEventListener("keydown", escape);
  button.addEventListener("click", () => (panel.hidden ? open() : close()));
  return {
    button,
    panel,
    open,
    close,
    refill: () => !panel.hidden && (panel.replaceChildren(), fill(panel, close)),
  };
}

/** What is to have the focus when a panel opens: what asks for it, else the first thing that can be seen. */
function first(panel) {
  const seen = [...panel.querySelectorAll("input, select, button")].find(({ offsetParent }) => offsetParent);
  return panel.querySelector("[data-first]") ?? seen ?? panel;
}

/** Below the button where there is room, else above it, else as low as shows it all; never under the page's head. */
function place({ root }, panel, { left, top, bottom }) {
  const highest = Number.parseFloat(root.style.getPropertyValue("--ls-top")) || 8; // however far it is scrolled
  const { offsetWidth: width, scrollHeight: height } = panel;
  const x = Math.max(8, Math.min(left, window.innerWidth - width - 8));
  const room = window.innerHeight - bottom - 12;
  const low = window.innerHeight - height - 14;
  const above = top - height - 8;
  const y = height <= room ? bottom + 6 : above > highest ? above : Math.max(highest, Math.min(bottom + 6, low));
  panel.style.left = `${Math.round(x)}px`;
  panel.style.top = `${Math.round(y)}px`;
  panel.style.maxHeight = `${Math.round(Math.max(160, window.innerHeight - y - 12))}px`;
}

/** A labelled icon button. */
export function iconButton(name, label, tip, onclick) {
  return make(
    "button",
    { type: "button", class: "ls-button ls-icon-button", "aria-label": label, "data-tip": tip, onclick },
    icon(name),
  );
}

/** The head of what lies over the data: what it is, and the way back. */
export function dockHead(studio, title) {
  const name = make("h3", {}, title);
  return {
    name,
    element: make(
      "header",
      { class: "ls-dock-head" },
      name,
      iconButton("close", "Close", "Back to the data. Esc", () => studio.select(null, { back: true })),
    ),
  };
}
