// Tooltips in plain words: any element with `data-tip` tells it on hover and on keyboard focus.

import { make, write } from "./element.js";

const AFTER = 350; // milliseconds of rest before a tooltip appears

/** Installs tooltips for everything under `root`; returns the function that takes them away. */
export function installTips(root) {
  const bubble = make("div", { class: "ls-tip", role: "tooltip", hidden: true });
  root.append(bubble);
  let timer = 0;
  let owner = null;
  const hide = () => {
    clearTimeout(timer);
    owner = null;
    bubble.hidden = true;
  };
  const show = (element) => {
    write(bubble, element.dataset.tip);
    bubble.hidden = false;
    place(bubble, element.getBoundingClientRect());
  };
  const meet = ({ target, type }) => {
    const element = target.closest?.("[data-tip]");
    if (element === owner) return;
    hide();
    if (!element?.dataset.tip || (type === "focusin" && !element.matches(":focus-visible"))) return;
    owner = element;
    timer = setTimeout(() => element.isConnected && show(element), AFTER);
  };
  const leave = ({ target }) => target === owner && hide();
  /** A pressed element keeps quiet until the pointer has left it. */
  const press = ({ target }) => {
    hide();
    owner = target.closest?.("[data-tip]") ?? null;
  };
  const escape = ({ key }) => key === "Escape" && hide();
  const ears = [
    ["pointerover", meet],
    ["focusin", meet],
    ["focusout", leave],
    ["pointerdown", press],
    ["keydown", escape],
  ];
  for (const [name, ear] of ears) root.addEventListener(name, ear);
  return hide;
}

/** Below the element, or above where there is no room, and always inside the window. */
function place(bubble, { left, right, top, bottom }) {
  const { offsetWidth: width, offsetHeight: height } = bubble;
  const x = Math.min(Math.max(8, (left + right - width) / 2), window.innerWidth - width - 8);
  const y = bottom + height + 12 < window.innerHeight ? bottom + 6 : top - height - 6;
  bubble.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}
