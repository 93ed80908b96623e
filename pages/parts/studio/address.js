// The page's address: it names the run, so that a reload or another browser finds it again, and after # it may hold
// a whole experiment, which no server ever sees.

const SHELF = "layerscope.run"; // this tab also remembers it, for when one comes back from another page

/** Writes the run into the address, or takes it away. */
export function nameRun(id) {
  const url = new URL(location.href);
  if (id === null) url.searchParams.delete("run");
  else url.searchParams.set("run", id);
  if (url.href !== location.href) history.replaceState(history.state, "", url);
  if (id === null) sessionStorage.removeItem(SHELF);
  else sessionStorage.setItem(SHELF, id);
}

/** The run to open: the one the address names, else the one this tab showed last. */
export function lastRun() {
  const named = Number(new URL(location.href).searchParams.get("run"));
  return { id: named || Number(sessionStorage.getItem(SHELF)), named: Boolean(named) };
}

/** What stands after # in the address: the experiment's text, and the names of controls that are not shown. */
export function carried() {
  const words = new URLSearchParams(location.hash.slice(1));
  return { text: words.get("e"), hidden: (words.get("hide") ?? "").split(",").filter(Boolean) };
}

/** Leaves in the address only which controls are not shown: a reload finds the draft as it was left. */
export function keepHidden(hidden) {
  const url = new URL(location.href);
  url.hash = hidden.length ? `hide=${hidden.join(",")}` : "";
  const text = hidden.length ? url.href : url.href.replace(/#$/, "");
  if (text !== location.href) history.replaceState(history.state, "", text);
}

/** The address that opens an experiment. */
export function linkTo(text, hidden = []) {
  const url = new URL(location.href);
  url.search = "";
  url.hash = `e=${text}${hidden.length ? `&hide=${hidden.join(",")}` : ""}`;
  return url.href;
}
