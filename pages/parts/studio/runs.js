// The list of runs: state, best value, duration; open, lay over, rename, delete.

import { make } from "./element.js";
import { icon } from "./icons.js";
import { clock, score, whole } from "./numbers.js";
import { createPopover, iconButton } from "./popover.js";

const REPLAY = "Train it again as it went, with what was changed by hand at its steps; then compare the two.";

/** @returns {HTMLElement} */
export function createRunList(studio) {
  const button = make(
    "button",
    {
      type: "button",
      class: "ls-button ls-run-list",
      "data-tip": "All runs: open one again, or lay it over this one.",
    },
    icon("runs"),
    make("span", { class: "ls-wordy" }, "Runs"),
  );
  createPopover(
    studio,
    button,
    "Runs",
    async (panel, close) => {
      panel.append(make("p", { class: "ls-facts" }, "Loading the runs…"));
      await fill(studio, panel, close);
    },
    { wide: true },
  );
  return button;
}

async function fill(studio, panel, close) {
  const reply = await studio.ask("runs");
  if (!reply.ok) return;
  const refill = () => fill(studio, panel, close);
  const rows = reply.runs.flatMap((run) => [rowOf(studio, run, refill, close), ...saidOf(run)]);
  panel.replaceChildren(
    make("h3", {}, "Runs"),
    rows.length
      ? make(
          "table",
          { class: "ls-runs" },
          make(
            "thead",
            {},
            make(
              "tr",
              {},
              ["Run", "State", "Best", "Time", ""].map((text) =>
                make("th", { scope: "col" }, text || make("span", { class: "ls-hidden" }, "Actions")),
              ),
            ),
          ),
          make("tbody", {}, rows),
        )
      : make("p", { class: "ls-facts" }, "No run yet. Press Train."),
  );
}

function rowOf(studio, run, refill, close) {
  const metric = studio.state.catalogue?.metrics.find(({ kind }) => kind === run.metric);
  const here = studio.state.run?.id === run.id;
  const name = make(
    "button",
    {
      type: "button",
      class: "ls-link",
      "data-tip": "Open this run.",
      "aria-current": here && "true",
      onclick: () => {
        close(true);
        studio.openRun(run.id);
      },
    },
    `${run.id} · ${run.name}`,
  );
  const cell = make("td", {}, name, run.parent ? lineage(run) : null);
  const over = !["queued", "starting", "running", "paused"].includes(run.state);
  const tools = [
    !here &&
      iconButton("runs", `Lay run ${run.id} over the chart`, "Lay its curves over the chart.", () =>
        studio.overlay(run),
      ),
    run.state === "queued" &&
      iconButton("left", `Run ${run.id} first`, "Have it begin before all others that wait.", async () => {
        const reply = await studio.ask("first", { run: run.id });
        if (!reply.ok) studio.tellProblems(reply);
        refill();
      }),
    run.state === "queued" &&
      iconButton("stop", `Cancel run ${run.id}`, "Take it out of the queue.", async () => {
        await studio.ask("command", { run: run.id, command: { kind: "stop" } });
        refill();
      }),
    iconButton("more", `Rename run ${run.id}`, "Rename.", () => rename(studio, run, cell, refill)),
    over &&
      iconButton("reset", `Replay run ${run.id}`, REPLAY, () =>
        replay(studio, run, close),
      ),
    over &&
      iconButton("remove", `Delete run ${run.id}`, "Delete this run and its files.", (event) =>
        confirm(studio, run, event.currentTarget, refill),
      ),
  ].filter(Boolean);
  return make(
    "tr",
    {},
    cell,
    make("td", {}, make("span", { class: "ls-badge", "data-state": run.state }, run.state)),
    bestOf(run, metric?.unit ?? ""),
    make("td", { class: "ls-num" }, clock(run.seconds)),
    make("td", { class: "ls-row-tools" }, tools),
  );
}

/** What there is to say of a run, in a row of its own: why it ended, or how it compares with the one it did again. */
function saidOf({ reason }) {
  return reason ? [make("tr", { class: "ls-run-said" }, make("td", { colspan: "5" }, reason))] : [];
}

/** Where a branch comes from. */
function lineage({ parent, parent_step: step }) {
  return make("span", { class: "ls-lineage" }, `↳ from run ${parent}, step ${whole(step)}`);
}

/** The best value; that of a run that diverged is no result, and told on hover only. */
function bestOf(run, unit) {
  const best = score(run.best, unit);
  if (run.state !== "diverged") return make("td", { class: "ls-num" }, best);
  const tip = `It diverged: there is no result. The best before that was ${best}.`;
  return make("td", { class: "ls-num", "data-tip": tip }, "–");
}

async function replay(studio, run, close) {
  const reply = await studio.ask("replay", { run: run.id, key: crypto.randomUUID() });
  if (!reply.ok) return studio.tellProblems(reply);
  close(true);
  await studio.openRun(reply.run);
  return studio.say(`Run ${run.id} is trained again. At its end the two are compared, number by number.`);
}

function rename(studio, run, cell, refill) {
  const field = make("input", {
    type: "text",
    class: "ls-search",
    value: run.name,
    maxlength: "200",
    "aria-label": `New name of run ${run.id}`,
  });
  field.addEventListener("keydown", async (event) => {
    if (event.key !== "Enter") return;
    const reply = await studio.ask("rename", { run: run.id, name: field.value.trim() });
    if (!reply.ok) studio.say(reply.problems.map(({ what, fix }) => `${what} ${fix}`).join(" "));
    refill();
  });
  cell.replaceChildren(field);
  field.focus();
  field.select();
}

/** The first press asks, the second deletes. */
function confirm(studio, run, button, refill) {
  const sure = make(
    "button",
    {
      type: "button",
      class: "ls-button ls-danger",
      onclick: async () => {
        const reply = await studio.ask("delete", { run: run.id }, false);
        if (!reply.ok) studio.say(reply.problems.map(({ what, fix }) => `${what} ${fix}`).join(" "));
        if (reply.ok && studio.state.run?.id === run.id) studio.detach();
        refill();
      },
    },
    "Delete?",
  );
  button.replaceWith(sure);
  sure.focus();
}
