// The page's address names the run, so that a reload or another browser finds it again.

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
