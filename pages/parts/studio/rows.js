// The test rows of a table: the first of them written out, and any of them chosen by its number.

import { give, make, write } from "./element.js";

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

/** The first two columns and the one to predict; a row holds it last. */
function written(studio, table) {
  const { task } = studio.state.drawing;
  const { columns = [], rows = [] } = studio.state.preview.facts;
  const names = [...columns, task?.target || (task?.kind === "classification" ? "class" : "target")];
  const shown = [...new Set([0, 1, names.length - 1])];
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
