// Small forms below a row of buttons: one at a time.

import { makeButton } from "./button";
import { make, text } from "./dom";
import { handled } from "./keys";

type Parts = readonly [words: string, field: HTMLElement, go: { label: string; go(): unknown }];

export interface Form {
  element: HTMLElement;
  /** Open what `build` makes below the button `opener`, or close it again. */
  toggle(opener: HTMLElement, build: (close: () => void) => Parts): void;
  close(): void;
}

export function makeForm(): Form {
  const element = make("div", "nb-form");
  let opened: HTMLElement | undefined;
  element.hidden = true;

  function close(): void {
    const hadFocus = element.matches(":focus-within");
    opened?.setAttribute("aria-expanded", "false");
    element.hidden = true;
    element.replaceChildren();
    if (hadFocus) opened?.focus();
    opened = undefined;
  }

  function toggle(opener: HTMLElement, build: (close: () => void) => Parts): void {
    const again = opened === opener;
    close();
    if (again) return;
    opened = opener;
    opener.setAttribute("aria-expanded", "true");
    const [words, field, { label, go }] = build(close);
    const doing = makeButton({ label, kind: "nb-lesser", title: label, act: go });
    element.replaceChildren(text("span", words), field, doing.element);
    element.hidden = false;
    field.focus();
  }

  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    handled(event);
    close();
  });
  return { element, toggle, close };
}

export function makeSelect(
  label: string,
  options: readonly (readonly [value: string, words: string])[],
): HTMLSelectElement {
  const select = make("select", "", { "aria-label": label });
  for (const [value, words] of options) select.append(text("option", words, "", { value }));
  return select;
}
