// One WebSocket to /api/studio: requests and replies, pushes, binary frames, and coming back by itself.

const SOONEST = 250; // milliseconds before the first attempt to come back
const LATEST = 2000; // and the longest wait between attempts
const LOST = {
  ok: false,
  problems: [{ where: "", what: "The connection was lost.", fix: "Try again in a moment." }],
};

/** Where the live route is, seen from the page (also under a base path). */
function address() {
  const base = new URL(import.meta.url).pathname.split("/_stcore/")[0];
  const root = base.endsWith(".js") ? "" : base;
  return `${location.protocol.replace("http", "ws")}//${location.host}${root}/api/studio`;
}

/** The connection to the server. Requests made while it is away are sent when it is back. */
export class Socket {
  /** @param {{push: Function, frame: Function, status: Function}} ears  for messages, frames, up and down */
  constructor(ears) {
    this.ears = ears;
    this.pending = new Map();
    this.next = 1;
    this.delay = SOONEST;
    this.over = false;
    this.connect();
  }

  connect() {
    const socket = (this.socket = new WebSocket(address()));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.opened();
    socket.onmessage = ({ data }) =>
      typeof data === "string" ? this.heard(JSON.parse(data)) : this.seen(data);
    socket.onclose = () => this.closed();
  }

  opened() {
    this.delay = SOONEST;
    this.ears.status(true);
    for (const request of this.pending.values()) this.socket.send(request.text);
  }

  closed() {
    if (this.over) return;
    this.ears.status(false);
    for (const [id, request] of this.pending) if (!request.again) this.settle(id, LOST);
    this.timer = setTimeout(() => this.connect(), this.delay);
    this.delay = Math.min(this.delay * 1.6, LATEST);
  }

  /**
   * Asks the server and gives its reply; a binary answer comes along as `data`.
   * `again`: it may be asked a second time after a lost connection without harm.
   * @returns {Promise<{ok:boolean, problems?:object[], data?:ArrayBuffer}>}
   */
  ask(action, fields = {}, again = true) {
    const id = this.next++;
    const text = JSON.stringify({ ...fields, id, do: action });
    const up = this.socket.readyState === WebSocket.OPEN;
    if (!up && !again) return Promise.resolve(LOST);
    if (up) this.socket.send(text);
    return new Promise((resolve) => this.pending.set(id, { text, again, resolve, data: null }));
  }

  heard(message) {
    if (message.push) this.ears.push(message);
    else this.settle(message.id, message);
  }

  seen(data) {
    const [id, run] = new Uint32Array(data, 0, 2);
    const request = this.pending.get(id);
    if (id === 0) this.ears.frame(run, data);
    else if (request) request.data = data;
  }

  settle(id, reply) {
    const request = this.pending.get(id);
    if (!request || reply.pending) return;
    this.pending.delete(id);
    request.resolve({ ...reply, data: request.data });
  }

  end() {
    this.over = true;
    clearTimeout(this.timer);
    this.socket.close();
  }
}
