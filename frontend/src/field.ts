// A text that can be changed by hand, or the words why it cannot.

import { make, text } from "./dom";

const MOST_LINES = 14;

export interface Field {
  element: HTMLElement;
  input: HTMLTextAreaElement | null;
  changed(): boolean;
  /** What is there now; call `keep` once it is saved, and that is what it was. */
  taken(): { words: string; keep: () => void };
}

export function makeField(
  label: string,
  value: string,
  why: string,
  kind: HTMLSelectElement | null = null,
): Field {
  const element = make("div", "nb-field");
  const head = make("div", "nb-field-head");
  const input = why ? null : make("textarea", "", { "aria-label": label, spellcheck: "false" });
  let before = value;
  let kindBefore = kind?.value;
  head.append(text("span", label, "nb-field-name"));
  element.append(head);
  if (input) {
    input.value = value;
    input.rows = Math.min(MOST_LINES, Math.max(2, value.split("\n").length));
    if (kind) head.append(kind);
    element.append(input);
    before = input.value; // line ends as a browser has them
  } else element.append(text("div", why, "nb-hint"));

  // Another kind is a change of a result only where there is one.
  const changed = () =>
    input !== null &&
    (input.value !== before || (input.value !== "" && kind?.value !== kindBefore));

  function taken() {
    const words = input!.value;
    const now = kind?.value;
    const keep = () => {
      before = words;
      kindBefore = now;
    };
    return { words, keep };
  }

  return { element, input, changed, taken };
}
