// Drawing a wire by keyboard: w begins it, arrows choose where it goes, Enter draws it, or takes it away.

/** Keeps the wire that is being drawn. `hears` tells whether a key was meant for it. */
export function startWiring(studio, view) {
  const { state } = studio;
  let now = null; // {id, sources, source, targets, at}
  const show = () => {
    const target = now?.targets[now.at];
    for (const [id, { element }] of view.boxes) element.classList.toggle("ls-aimed", id === target);
    const [from, to] = [view.layout.places.get(now?.id), view.layout.places.get(target)];
    view.loose = from && to ? { from: [from.x + from.width, from.middle], to: [to.x, to.middle] } : null;
    if (to) view.camera.reveal(to);
    studio.tell("wires");
    if (target) studio.announce(words(studio, now, target));
  };
  const stop = (text) => {
    now = null;
    show();
    studio.announce(text);
  };
  const step = (way) => {
    now.at = (now.at + way + now.targets.length) % now.targets.length;
    show();
  };
  const finish = () => {
    const box = studio.boxOf(now.targets[now.at]);
    const [source, target] = [now.source, box.nodes?.[0] ?? box.id];
    const wired = reads(state, now, box.id);
    stop("");
    if (wired) studio.unwire({ source, target });
    else studio.wire(source, target);
  };
  const keys = {
    ArrowRight: () => step(1),
    ArrowDown: () => step(1),
    ArrowLeft: () => step(-1),
    ArrowUp: () => step(-1),
    Enter: finish,
    Escape: () => stop("No wire drawn."),
    w: () => {
      now.source = now.sources[(now.sources.indexOf(now.source) + 1) % now.sources.length];
      show();
    },
  };
  view.list.addEventListener("focusout", () => now && setTimeout(() => now && !view.list.contains(document.activeElement) && stop("")));
  return {
    begin: (id) => {
      const { boxes } = state.drawing;
      const from = studio.boxOf(id);
      const place = boxes.indexOf(from);
      if (!from || place === boxes.length - 1) return;
      const fields = (from.fields ?? []).map(({ name }) => name);
      const sources = fields.length ? fields : [from.nodes?.at(-1) ?? id];
      const others = [...boxes.slice(place + 1), ...boxes.slice(1, place)].map((box) => box.id);
      now = { id, sources, source: sources[0], targets: others, at: 0 };
      show();
    },
    hears: (event) => {
      if (!now || !keys[event.key]) return false;
      keys[event.key]();
      return true;
    },
  };
}

function reads(state, { id, source }, target) {
  return state.drawing.edges.some((edge) => (edge.source ?? edge.from) === source && edge.from === id && edge.to === target);
}

function words(studio, now, target) {
  const from = now.sources.length > 1 ? now.source : studio.titleOf(now.id);
  const does = reads(studio.state, now, target) ? "takes this wire away" : "draws it";
  return `Wire from ${from} to ${studio.titleOf(target)}. Enter ${does}, arrows choose another, Escape leaves.`;
}
