// Runs within a run: what an agent began is opened in place, by the widget it has.

import { icon, make, say, text } from "./dom";
import { BACK, OPEN } from "./icons";
import { handled } from "./keys";
import type { Nested } from "./state";

/** What a host of widgets offers; see anywidget. */
export interface Widgets {
  getWidget(reference: string): Promise<{
    render(options: { el: HTMLElement; signal: AbortSignal }): Promise<unknown>;
  }>;
}

export interface Inner {
  element: HTMLElement;
  open(run: Nested, of: string): void;
  close(): void;
}

/** The place in a view where the view of another run stands, while one is open. */
export function makeInner(widgets: Widgets | undefined, changed: (open: boolean) => void): Inner {
  const element = make("section", "nb-inner", { "aria-label": "Run within this run" });
  const back = make("button", "nb-button nb-lesser", { type: "button" });
  const title = make("span", "nb-inner-title");
  const said = make("div", "nb-hint", { role: "status" });
  const head = make("div", "nb-inner-head");
  let ending: AbortController | undefined;
  let before: Element | null = null;
  back.append(icon(BACK), text("span", "Back", "nb-label"));
  back.addEventListener("click", close);
  head.append(back, title);
  element.hidden = true;

  function open([reference, name]: Nested, of: string): void {
    ending?.abort();
    ending = new AbortController();
    before = document.activeElement;
    const place = make("div");
    say(title, `${of} › ${name}`);
    say(said, "opening…");
    element.replaceChildren(head, said, place);
    element.hidden = false;
    changed(true);
    back.focus({ preventScroll: true });
    void fill(place, reference, ending.signal);
  }

  async function fill(place: HTMLElement, reference: string, signal: AbortSignal): Promise<void> {
    try {
      if (!widgets) throw new Error("this frontend cannot open it here; show it in a cell");
      const widget = await widgets.getWidget(reference);
      if (!signal.aborted) await widget.render({ el: place, signal });
      say(said, "");
    } catch (error) {
      if (!signal.aborted) say(said, `It cannot be opened: ${(error as Error).message}`);
    }
  }

  function close(): void {
    if (element.hidden) return;
    ending?.abort();
    element.hidden = true;
    element.replaceChildren();
    changed(false);
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  }

  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    handled(event);
    close();
  });
  return { element, open, close };
}

/** Buttons that open the runs that the agents of a task began. */
export function makeOpeners(open: (run: Nested) => void) {
  const element = make("div", "nb-openers");
  let shown = "";

  function paint(runs: Nested[]): void {
    const now = JSON.stringify(runs);
    if (now === shown) return;
    shown = now;
    element.replaceChildren(
      ...runs.map((run) => {
        const button = make("button", "nb-button nb-lesser", { type: "button" });
        button.append(icon(OPEN), text("span", `Open run: ${run[1]}`, "nb-label"));
        button.addEventListener("click", () => open(run));
        return button;
      }),
    );
  }

  return { element, paint };
}
