// Follows a pointer that was pressed until it is let go, given up with Escape, or taken away.

const FIRM = 5; // pixels of movement that make a drag of a press

/**
 * `begin` is called when the press has become a drag; it may refuse with false. `move` follows; `end(event, kept)`
 * is called once, kept only when the pointer was let go. `press` is called when it never moved.
 * @returns {() => void} what gives it up
 */
export function track(start, { begin, move, end, press, firm = FIRM }) {
  let moving = firm === 0 && begin?.(start) !== false;
  const hear = (event) => event.pointerId === start.pointerId;
  const follow = (event) => {
    if (!hear(event)) return;
    const far = Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY);
    if (!moving && far < firm) return;
    if (!moving && begin?.(start) === false) return void stop();
    moving = true;
    move?.(event);
  };
  const finish = (event) => {
    if (!hear(event)) return;
    stop();
    if (moving) {
      swallow();
      end?.(event, event.type === "pointerup");
    } else if (event.type === "pointerup") press?.(event);
  };
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    cancel(event);
  };
  const ears = [
    ["pointermove", follow],
    ["pointerup", finish],
    ["pointercancel", finish],
    ["keydown", escape],
  ];
  const stop = () => ears.forEach(([name, ear]) => document.removeEventListener(name, ear, true));
  const cancel = (event = start) => {
    stop();
    if (moving) end?.(event, false);
  };
  for (const [name, ear] of ears) document.addEventListener(name, ear, true);
  return cancel;
}

/** A drag is no click: the one that follows it is not told. */
function swallow() {
  const eat = (event) => event.stopPropagation();
  document.addEventListener("click", eat, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", eat, { capture: true }), 50);
}
