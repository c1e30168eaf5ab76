// What the kernel shows of a task at length. Brought up to date section by section, so
// that what is open, scrolled or selected stays so.

import { make } from "./dom";
import { parsedPage } from "./harmless";

export interface Sections {
  element: HTMLElement;
  show(html: string): void;
  clear(): void;
}

export function makeSections(): Sections {
  const element = make("div", "nb-sections");
  const opened = new Map<string, boolean>(); // by a person
  let shown: Node[] = []; // as they came

  // A click opens only after it was heard; a key on a summary is a click as well.
  element.addEventListener("click", (event) => {
    const summary = (event.target as Element).closest("summary");
    const section = summary?.parentElement as HTMLDetailsElement | null;
    if (section) opened.set(keyOf(section), !section.open);
  });

  function show(html: string): void {
    const fresh = sectionsOf(parsedPage(html));
    const focused = element.querySelector("summary:focus")?.parentElement;
    const key = focused ? keyOf(focused) : "";
    const copies = fresh.map((section) => section.cloneNode(true));
    fresh.forEach((section, index) => {
      if (shown[index]?.isEqualNode(copies[index]!)) return;
      reopen(section);
      const old = element.children[index];
      if (old) old.replaceWith(section);
      else element.append(section);
    });
    while (element.children.length > fresh.length) element.lastElementChild!.remove();
    shown = copies;
    if (focused && !focused.isConnected) refocus(key);
  }

  function reopen(section: Element): void {
    for (const each of detailsIn(section)) {
      const isOpen = opened.get(keyOf(each));
      if (isOpen !== undefined) each.open = isOpen;
    }
  }

  function refocus(key: string): void {
    const again = detailsIn(element).find((each) => keyOf(each) === key);
    again?.querySelector("summary")?.focus({ preventScroll: true });
  }

  function clear(): void {
    element.replaceChildren();
    opened.clear();
    shown = [];
  }

  return { element, show, clear };
}

function sectionsOf(page: DocumentFragment): Element[] {
  const only = page.children.length === 1 ? page.firstElementChild! : null;
  return [...(only?.localName === "div" ? only : page).children];
}

function detailsIn(element: Element): HTMLDetailsElement[] {
  const all = [...element.querySelectorAll("details")];
  return element.localName === "details" ? [element as HTMLDetailsElement, ...all] : all;
}

/** A name that stays when numbers in the title change: "2 attempts" are what "1 attempt" was. */
function keyOf(section: Element): string {
  const above = section.parentElement?.closest(".nb-sections details, details");
  const title = section.querySelector("summary")?.textContent ?? "";
  const name = title.split(" · ")[0]!.replace(/^\d+ (\w+?)s?$/, "$1");
  return above ? `${keyOf(above)} / ${name}` : name;
}
