// The test rows of a table, or texts: the first of them written out, and any of them chosen by its number.

import { give, make, write } from "./element.js";
import { visible } from "./sheet.js";

/** @returns {{element: HTMLElement, fill: Function, mark: Function}} */
export function createRows(studio) {
  const table = make("table", { class: "ls-rows" });
  const picker = createPicker(studio);
  const element = make(
    "div",
    { class: "ls-table" },
    make("div", { class: "ls-table-frame" }, table),
    picker.element,
  );
  let [lines, marked] = [[], -1];
  return {
    element,
    /** Writes the rows; done anew only with other data. */
    fill: () => {
      [lines, marked] = [written(studio, table), -1];
    },
    /** Marks the chosen row. */
    mark: () => {
      const place = testRows(studio).indexOf(studio.state.sample);
      lines.forEach(({ row, pick }, index) => {
        give(row, "aria-selected", index === place && "true");
        give(pick, "tabindex", index === Math.max(0, place) ? "0" : "-1");
      });
      picker.show(place);
      if (place !== marked && lines[place]) reveal(lines[place].row);
      marked = place;
    },
  };
}

/** Scrolls the table alone, so far that the row is seen. */
function reveal(row) {
  const frame = row.closest(".ls-table-frame");
  const head = frame.querySelector("thead").offsetHeight;
  if (row.offsetTop < frame.scrollTop + head) frame.scrollTop = row.offsetTop - head;
  const over = row.offsetTop + row.offsetHeight - frame.clientHeight;
  if (frame.scrollTop < over) frame.scrollTop = over;
}

/** The sample numbers of all test rows. */
export function testRows({ state }) {
  return state.preview?.arrays.get("grid/index")?.data ?? [];
}

/** The columns and lines of a table; of texts, what is read and what is to be said of it. */
function listed({ drawing, preview }) {
  const { columns = [], rows = [], texts } = preview.facts;
  const { kind, target } = drawing.task;
  const wanted = target || (kind === "classification" ? "class" : "target");
  if (!texts) return { names: [...columns, wanted], rows };
  if (kind === "next_token") return { names: ["text"], rows: texts.map(({ input }) => visible([input.input])) };
  const asked = ({ input }) => input.source ?? Object.values(input).join(" · ");
  return { names: ["text", wanted], rows: texts.map((one) => visible([asked(one), one.target])) };
}

/** The first two columns and the one to predict; a row holds it last. */
function written(studio, table) {
  const { names, rows } = listed(studio.state);
  const shown = [...new Set([0, 1, names.length - 1])].filter((index) => index < names.length);
  table.dataset.texts = Boolean(studio.state.preview.facts.texts);
  table.parentElement.hidden = !rows.length;
  const head = shown.map((index) => make("th", { scope: "col" }, names[index]));
  const lines = rows.map((line, place) => lineOf(studio, line, shown, place));
  table.replaceChildren(
    make("caption", { class: "ls-hidden" }, "Test rows"),
    make("thead", {}, make("tr", {}, head)),
    make(
      "tbody",
      {},
      lines.map(({ row }) => row),
    ),
  );
  return lines;
}

/** One sample; a press follows it through the network. */
function lineOf(studio, line, shown, place) {
  const choose = () => studio.chooseSample(testRows(studio)[place]);
  const pick = make(
    "button",
    {
      type: "button",
      class: "ls-link",
      tabindex: "-1",
      "aria-label": `Test row ${place + 1}: ${line.join(", ")}`,
      "data-tip": "Follow this sample through the network.",
      onclick: choose,
    },
    line[shown[0]],
  );
  pick.addEventListener("keydown", (event) => {
    const next = { ArrowDown: "nextSibling", ArrowUp: "previousSibling" }[event.key];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    pick.closest("tr")[next]?.querySelector("button").focus();
  });
  const cells = shown.slice(1).map((index) => make("td", {}, line[index]));
  return { pick, row: make("tr", {}, make("td", {}, pick), cells) };
}

/** "Test row [3] of 36": reaches every test row, also those that are not written out. */
function createPicker(studio) {
  const field = make("input", {
    type: "number",
    class: "ls-figure",
    min: 1,
    step: 1,
    "aria-label": "Test row to follow through the network",
  });
  const count = make("span");
  field.addEventListener("change", () => {
    const rows = testRows(studio);
    const place = Math.min(Math.max(Math.round(Number(field.value)) || 1, 1), rows.length);
    field.value = place;
    studio.chooseSample(rows[place - 1]);
  });
  const tip = "The sample that is followed through the network: any row of the test split.";
  return {
    element: make("label", { class: "ls-picker", "data-tip": tip }, "Test row", field, count),
    show: (place) => {
      const total = testRows(studio).length;
      give(field, "max", total);
      if (document.activeElement !== field) field.value = place < 0 ? "" : place + 1;
      write(count, `of ${total}`);
    },
  };
}
