// What part of the canvas is seen, and how large: pan, zoom, fit, and bringing a box into view.

const LEAST = 0.1;
const MOST = 2.5;
const KEPT = 72; // pixels of the network that always stay in sight
export const FAR = 0.5; // below this scale boxes show their kind and name alone

/** The window onto the network. `moved` is called after every change. */
export class Camera {
  constructor(moved) {
    Object.assign(this, { moved, x: 0, y: 0, zoom: 1, auto: true, world: null, view: null });
  }

  get far() {
    return this.zoom < FAR;
  }

  /** Takes note of how large the network and its window are; fits it in unless a person has moved it. */
  measure(world, view) {
    Object.assign(this, { world, view });
    if (this.auto) this.fit();
    else this.put(this.x, this.y);
  }

  /** Shows everything, at most at full size. */
  fit() {
    const { world, view } = this;
    if (!world || !view) return;
    this.zoom = Math.max(LEAST, Math.min(1, view.width / world.width, view.height / world.height));
    const spare = view.height - world.height * this.zoom;
    this.x = (view.width - world.width * this.zoom) / 2;
    this.y = Math.max(0, spare / 2);
    this.auto = true;
    this.moved();
  }

  /** Moves by pixels of the screen. */
  pan(dx, dy) {
    this.auto = false;
    this.put(this.x + dx, this.y + dy);
  }

  /** Zooms by a factor so that the point under (x, y) of the window stays where it is. */
  zoomBy(factor, x = this.view.width / 2, y = this.view.height / 2) {
    const zoom = Math.min(MOST, Math.max(LEAST, this.zoom * factor));
    const share = zoom / this.zoom;
    Object.assign(this, { zoom, auto: false });
    this.put(x - (x - this.x) * share, y - (y - this.y) * share);
  }

  put(x, y) {
    const { world, view, zoom } = this;
    if (!world) return;
    this.x = Math.min(view.width - KEPT, Math.max(KEPT - world.width * zoom, x));
    this.y = Math.min(view.height - KEPT, Math.max(KEPT - world.height * zoom, y));
    this.moved();
  }

  /** Moves just so far that a place is seen; a place too small to read is also brought nearer when `near`. */
  reveal(place, near = false) {
    if (!place || !this.view) return;
    if (near && this.far) {
      this.zoom = 0.8;
      this.auto = false;
      const { x, y } = this.centre(place);
      return void this.put(x, y);
    }
    const [left, top] = [place.x * this.zoom + this.x, place.y * this.zoom + this.y];
    const [right, bottom] = [left + place.width * this.zoom, top + place.height * this.zoom];
    const dx = left < 8 ? 8 - left : Math.min(0, this.view.width - 8 - right);
    const dy = top < 8 ? 8 - top : Math.min(0, this.view.height - 8 - bottom);
    if (Math.abs(dx) > 1 || Math.abs(dy) > 1) this.pan(dx, dy);
  }

  centre({ x, y, width, height }) {
    return {
      x: this.view.width / 2 - (x + width / 2) * this.zoom,
      y: this.view.height / 2 - (y + height / 2) * this.zoom,
    };
  }

  /** Where a point of the window lies on the canvas. */
  inside(x, y) {
    return [(x - this.x) / this.zoom, (y - this.y) / this.zoom];
  }

  /** Whether a place is in the window, or just beside it. */
  sees({ x, y, width, height }, margin = 40) {
    const [left, top] = [x * this.zoom + this.x, y * this.zoom + this.y];
    return (
      left < this.view.width + margin &&
      top < this.view.height + margin &&
      left + width * this.zoom > -margin &&
      top + height * this.zoom > -margin
    );
  }
}

/** Where an event is, on the canvas. */
export function at(view, event) {
  const { left, top } = view.frame ?? view.field.getBoundingClientRect();
  return view.camera.inside(event.clientX - left, event.clientY - top);
}
