// Sharing: a link that holds the whole experiment, the experiment as a file, and a teacher's link that shows less.

import { carried, keepHidden, linkTo } from "./address.js";
import { give, make, write } from "./element.js";
import { icon } from "./icons.js";
import { createPopover } from "./popover.js";
import { PARTS, hideParts } from "./teacher.js";

const LARGEST = 5_000_000; // bytes of a file that is read
const LINGER = 8000; // milliseconds a word about a file stays

/** @returns {HTMLElement} the Share button; installs dropping files on the page and links in the address */
export function createShare(studio) {
  const button = make(
    "button",
    {
      type: "button",
      class: "ls-button",
      "aria-label": "Share",
      "data-tip": "A link or a file that holds the whole experiment: data, network and settings.",
    },
    icon("share"),
    make("span", { class: "ls-wordy" }, "Share"),
  );
  createPopover(studio, button, "Share", (panel, close) => fill(studio, panel, close));
  studio.openText = (text) => studio.begin(() => studio.draft.load(text));
  installDrop(studio);
  const changed = () => openCarried(studio);
  window.addEventListener("hashchange", changed);
  studio.ending.push(() => window.removeEventListener("hashchange", changed));
  return button;
}

/** Opens the experiment that came with the address, if one did. The draft before is one Undo away. */
export async function openCarried(studio) {
  const { text, hidden } = carried();
  hideParts(studio, hidden);
  if (text === null) return false;
  keepHidden(hidden);
  const reply = await studio.draft.load(text);
  if (!reply.ok) return false;
  studio.fitNetwork();
  if (studio.draft.can().undo) studio.say("The experiment of the link is open. Undo brings yours back.");
  return true;
}

function fill(studio, panel, close) {
  const said = make("p", { class: "ls-help", role: "status" });
  const row = (name, words, what, act, extra = {}) =>
    make(
      "button",
      { type: "button", class: "ls-menu-item", onclick: act, ...extra },
      icon(name),
      make("span", { class: "ls-menu-title" }, words),
      make("span", { class: "ls-menu-help" }, what),
    );
  const file = make("input", { type: "file", accept: ".json,application/json", hidden: true });
  file.addEventListener("change", () => {
    close(true);
    if (file.files[0]) openFile(studio, file.files[0]);
  });
  const teach = make("div", { class: "ls-teach", hidden: true });
  panel.append(
    make("h3", {}, "Share"),
    row("link", "Copy link", "Opens exactly this experiment, here or for somebody else.", () => copyLink(studio, said, []), {
      "data-first": true,
    }),
    row("download", "Download as a file", "JSON: to keep, to send, or for the command line.", () => download(studio)),
    row("open", "Open a file …", "Or drop one anywhere on the page.", () => file.click()),
    row("teacher", "Teacher link …", "A link that shows only the controls you choose.", () => {
      if (!teach.childElementCount) fillTeacher(studio, teach, said);
      teach.hidden = !teach.hidden;
    }),
    teach,
    said,
    file,
  );
}

/** Copies the link of the draft; says so, or why there is none. */
async function copyLink(studio, said, hidden) {
  const reply = await studio.ask("share", { draft: studio.state.draft });
  if (!reply.ok) return write(said, reply.problems.map(({ what, fix }) => `${what} ${fix}`).join(" "));
  const link = linkTo(reply.link, hidden);
  const done = `Copied: ${link.length} characters${hidden.length ? `, ${hidden.length} controls hidden` : ""}.`;
  try {
    await navigator.clipboard.writeText(link);
    write(said, done);
  } catch {
    said.replaceChildren("Copy this link:", make("input", { class: "ls-search", readonly: true, value: link, "aria-label": "Link" }));
    said.querySelector("input").select();
  }
  return undefined;
}

function download({ state }) {
  const text = JSON.stringify(state.draft, null, 2);
  const name = state.draft.name.replaceAll(/[^\p{L}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "") || "experiment";
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const anchor = make("a", { href: url, download: `${name}.json` });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function fillTeacher(studio, panel, said) {
  const boxes = PARTS.map(({ name, title }) => {
    const box = make("input", { type: "checkbox", value: name, checked: true });
    return { box, element: make("label", { class: "ls-check" }, box, title) };
  });
  const hidden = () => boxes.filter(({ box }) => !box.checked).map(({ box }) => box.value);
  panel.append(
    make("p", { class: "ls-help" }, "What the link shows. Whoever opens it can have everything shown."),
    make(
      "div",
      { class: "ls-checks" },
      boxes.map(({ element }) => element),
    ),
    make(
      "button",
      { type: "button", class: "ls-button ls-primary", onclick: () => copyLink(studio, said, hidden()) },
      "Copy teacher link",
    ),
  );
}

async function openFile(studio, file) {
  if (file.size > LARGEST)
    return studio.say(`${file.name} is larger than ${LARGEST / 1e6} MB. Open an experiment file.`);
  const reply = await studio.openText(await file.text());
  if (reply?.ok) sayBriefly(studio, `${file.name} is open. Undo brings back what was here.`);
  return reply;
}

/** Says what needs no answer, and takes it away again. */
function sayBriefly(studio, text) {
  studio.say(text);
  const timer = setTimeout(() => studio.state.notice === text && studio.say(""), LINGER);
  studio.ending.push(() => clearTimeout(timer));
}

/** A file dropped anywhere on the page is opened. */
function installDrop(studio) {
  const cover = make("div", { class: "ls-drop", hidden: true }, make("p", {}, "Let go to open this experiment file"));
  studio.root.append(cover);
  const holds = ({ dataTransfer }) => [...(dataTransfer?.types ?? [])].includes("Files");
  let depth = 0;
  const show = (deeper) => {
    depth = deeper;
    give(cover, "hidden", depth <= 0);
  };
  const ears = {
    dragenter: (event) => holds(event) && show(depth + 1),
    dragleave: (event) => holds(event) && show(depth - 1),
    dragover: (event) => holds(event) && event.preventDefault(),
    drop: (event) => {
      if (!holds(event)) return;
      event.preventDefault();
      show(0);
      const [file] = event.dataTransfer.files;
      if (file) openFile(studio, file);
    },
  };
  for (const [name, ear] of Object.entries(ears)) document.addEventListener(name, ear);
  studio.ending.push(() => {
    for (const [name, ear] of Object.entries(ears)) document.removeEventListener(name, ear);
  });
}
