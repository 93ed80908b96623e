// Problems of settings, written at the control they concern.

import { give, make } from "./element.js";

/** Marks every control whose setting has a problem; boxes show their own. */
export function markProblems(studio) {
  const { state, on, root } = studio;
  on("draft", () =>
    requestAnimationFrame(() => {
      const found = new Map(state.problems.map((problem) => [problem.where, problem]));
      for (const element of root.querySelectorAll("[data-path]"))
        mark(element, found.get(element.dataset.path));
    }),
  );
}

function mark(element, problem) {
  element.classList.toggle("ls-ill", Boolean(problem));
  for (const control of element.querySelectorAll("input, select"))
    give(control, "aria-invalid", problem ? "true" : null);
  let line = element.querySelector(":scope > .ls-field-problem");
  if (!problem) return line?.remove();
  if (!line) element.append((line = make("p", { class: "ls-field-problem" })));
  line.textContent = `${problem.what} ${problem.fix}`;
  return undefined;
}
