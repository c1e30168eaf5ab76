// The live view of a run, as an anywidget: see docs/live_view.md.

import { make } from "./dom";
import type { Widgets } from "./inner";
import { type Model, merge, stamp } from "./state";
import { makeView } from "./view";

const TICK = 500; // between two looks at the clock, in milliseconds
const GONE = ".jupyter-widgets-disconnected";

interface Host {
  model: Model;
  el: HTMLElement;
  /** Has other widgets, where the frontend can show one inside another. */
  host?: Widgets;
}

export default {
  initialize({ model }: Host): void {
    stamp(model.get("snapshot"));
    model.on("change:snapshot", () => stamp(model.get("snapshot")));
    model.on("change:patch", () => merge(model.get("snapshot"), model.get("patch")));
  },

  render({ model, el, host }: Host): () => void {
    const view = makeView(model, host);
    const cut = () => view.cut();
    el.classList.add("nbagents-live");
    el.append(hiding(model.get("run")), view.element);
    const listeners: [string, () => void][] = [
      ["change:picture", () => view.redraw()],
      ["change:snapshot", () => view.update()],
      ["change:patch", () => view.update(Object.keys(model.get("patch").tasks).map(Number))],
      ["change:marks", () => view.updateMarks()],
      ["change:forecast", () => view.updateMarks()],
      ["change:nested", () => view.updateMarks()],
      ["comm:close", cut],
      ["destroy", cut],
      // Said when the kernel comes and when it goes; the notebook's class knows which it is.
      ["comm_live_update", () => setTimeout(() => el.closest(GONE) && cut())],
    ];
    for (const [event, listener] of listeners) model.on(event, listener);
    const ticking = setInterval(() => view.tick(), TICK);
    return () => {
      clearInterval(ticking);
      for (const [event, listener] of listeners) model.off(event, listener);
      view.close();
    };
  },
};

// The static page of the same run, further down in the same cell, says the same again.
function hiding(run: string): HTMLStyleElement {
  const style = make("style");
  const page = `[data-run="${CSS.escape(run)}"]`;
  style.textContent = `.jp-OutputArea:has(.nbagents-live) .jp-OutputArea-child:has(${page}) { display: none }`;
  return style;
}
