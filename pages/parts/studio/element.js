// Builds elements. Text goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `class`, `data-…`, `aria-…` and other attributes are set as such, `on…` are listeners,
 * false and null are left out, and true is an empty attribute.
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) give(element, name, value);
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Sets one attribute, or takes it away. */
export function give(element, name, value) {
  if (name.startsWith("on")) element[name] = value;
  else if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value === true ? "" : value)) {
    element.setAttribute(name, value === true ? "" : value);
  }
}

/**
 * Has `place` hold these, in their order, and keeps what is alike: the focus, a press under way and the place of
 * a reader stay. Of listeners those of a click are taken over.
 */
export function settle(place, ...fresh) {
  fresh.forEach((now, index) => {
    const was = place.childNodes[index];
    if (!was) place.append(now);
    else if (was.nodeName !== now.nodeName) was.replaceWith(now);
    else become(was, now);
  });
  while (place.childNodes.length > fresh.length) place.lastChild.remove();
}

function become(was, now) {
  if (was.nodeType === Node.TEXT_NODE) return void (was.data !== now.data && (was.data = now.data));
  for (const name of was.getAttributeNames()) if (!now.hasAttribute(name)) was.removeAttribute(name);
  for (const name of now.getAttributeNames()) give(was, name, now.getAttribute(name));
  was.onclick = now.onclick;
  settle(was, ...now.childNodes);
}

/** Writes text only when it differs, so that nothing is laid out anew for nothing. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * A canvas' context, its backing store fitted to `width`×`height` CSS pixels and the screen's density.
 * @returns {CanvasRenderingContext2D}
 */
export function fit(canvas, width, height) {
  const density = Math.min(window.devicePixelRatio || 1, 2);
  const [across, down] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
