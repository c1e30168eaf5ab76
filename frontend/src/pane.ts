// The graph and the timeline of a run: two tabs, and which part of a large graph is shown.

import type { Desk } from "./desk";
import { make, say, text } from "./dom";
import { type Graph, makeGraph } from "./graph";
import { type Looks, type Model, NOTHING_YET, type Picture, type TaskRecord } from "./state";
import { makeTabs } from "./tabs";
import { makeTimeline } from "./timeline";

const MANY = 60; // boxes; beyond that a part is worth more than the whole
const FOLDABLE = 40;

export interface GraphPane {
  element: HTMLElement;
  /** The plan has changed: show the whole of its picture. */
  redraw(selected: number | null): void;
  /** Take note of how a task stands now; shown by `paint`. */
  mark(place: number, now: TaskRecord): void;
  paint(): void;
  tick(): void;
  show(place: number | null): void;
  highlight(places: Iterable<number> | null): void;
  paintMarks(): void;
  /** Show what hangs together with a task. */
  around(place: number): void;
  close(): void;
}

export interface PaneCallbacks {
  select(place: number): void;
  ask: Desk["ask"];
}

interface Part {
  title: string;
  picture: Picture;
}

interface DrawReply {
  picture?: Picture & { title?: string };
}

export function makeGraphPane(model: Model, looks: Looks, callbacks: PaneCallbacks): GraphPane {
  const element = make("div", "nb-pane");
  const bar = make("div", "nb-pane-bar");
  const crumbs = make("nav", "nb-crumbs", { "aria-label": "Shown part of the graph" });
  const said = make("span", "nb-pane-said", { role: "status" });
  const fold = text("button", "Fold", "nb-small", { type: "button" });
  const zooming = make("span", "nb-zooming");
  const near = text("button", "Show around", "nb-small", { type: "button" });
  const inGraph = make("div", "nb-panel");
  const timeline = makeTimeline(model, looks, callbacks);
  const panels = { Graph: inGraph, Timeline: timeline.element };
  let parts: Part[] = [];
  let graph: Graph | undefined;
  let selected: number | null = null;
  let lit: number[] | null = null;
  let asked = 0;
  const tabs = makeTabs("Views of the run", panels, (name) => {
    timeline.shown(name === "Timeline");
    for (const each of [crumbs, said, zooming]) each.hidden = name !== "Graph";
    paintButtons();
  });
  bar.append(tabs.list, crumbs, said, near, fold, zooming);
  element.append(bar, inGraph, timeline.element);

  const record = (place: number): TaskRecord => model.get("snapshot").tasks?.[place] ?? NOTHING_YET;

  function shownPart(): Part {
    return parts.at(-1) ?? { title: "Whole graph", picture: model.get("picture") };
  }

  function draw(): void {
    const { picture } = shownPart();
    const before = graph;
    const focused = before?.element.contains(document.activeElement) ?? false;
    graph = makeGraph(looks, picture, { select: callbacks.select, open });
    inGraph.replaceChildren(graph.element);
    zooming.replaceChildren(...(graph.zoom ? [graph.zoom.buttons] : []));
    if (before && before.size === graph.size) graph.zoom?.set(before.zoom?.scale ?? null);
    before?.close();
    (picture.tasks ?? []).forEach((_, place) => graph!.mark(place, record(place)));
    graph.paint();
    paintMarks();
    graph.highlight(lit);
    graph.show(selected);
    if (focused) graph.focus();
    paintCrumbs();
    paintButtons();
  }

  function paintCrumbs(): void {
    const titles = ["Whole graph", ...parts.map((part) => part.title)];
    const shown = titles.map((title, depth) => {
      if (depth === parts.length) return text("span", title, "", { "aria-current": "page" });
      const back = text("button", title, "nb-crumb", { type: "button" });
      back.addEventListener("click", () => backTo(depth));
      return back;
    });
    const between = shown.flatMap((each, n) => (n ? [text("span", "›", "nb-muted"), each] : each));
    crumbs.replaceChildren(...(parts.length ? between : []));
  }

  function paintButtons(): void {
    const hidden = inGraph.hidden;
    const whole = model.get("picture");
    const boxes = new Set((whole.tasks ?? []).map((task) => task[2])).size;
    fold.hidden = hidden || parts.length > 0 || whole.folded || boxes < FOLDABLE;
    near.hidden = hidden || selected === null || !(whole.folded || boxes > MANY);
    const name = selected === null ? "" : (whole.tasks?.[selected]?.[0] ?? "");
    near.title = `Show only what hangs together with ${name}`;
  }

  function backTo(depth: number): void {
    asked += 1; // what is on its way is not wanted any more
    parts = parts.slice(0, depth);
    say(said, "");
    draw();
  }

  async function push(args: object): Promise<void> {
    const mine = ++asked;
    say(said, "drawing…");
    let words = "";
    let part: Part | undefined;
    try {
      const { picture } = await callbacks.ask<DrawReply>("draw", args);
      if (picture) part = { title: picture.title ?? "Part", picture };
      else words = "there is nothing to show";
    } catch (error) {
      words = error instanceof Error ? error.message : String(error);
    }
    if (mine !== asked) return;
    say(said, words);
    if (!part) return;
    parts.push(part);
    draw();
  }

  function open(box: number): void {
    void push({ open: box });
  }

  function around(place: number): void {
    tabs.choose("Graph");
    void push({ around: place });
  }

  function paintMarks(): void {
    graph?.paintMarks(model.get("marks") ?? { tasks: {}, others: [] });
  }

  function redraw(now: number | null): void {
    asked += 1;
    const scrolled = parts.length ? undefined : graph?.scroller;
    const [left, top] = [scrolled?.scrollLeft ?? 0, scrolled?.scrollTop ?? 0];
    parts = [];
    lit = null; // these were places in the plan of before
    selected = now;
    say(said, "");
    draw();
    if (scrolled) graph!.scroller.scrollTo(left, top);
    timeline.redraw();
    timeline.show(now);
  }

  function show(place: number | null): void {
    selected = place;
    graph?.show(place);
    timeline.show(place);
    paintButtons();
  }

  function highlight(places: Iterable<number> | null): void {
    lit = places && [...places];
    graph?.highlight(lit);
  }

  fold.addEventListener("click", () => void push({}));
  near.addEventListener("click", () => selected !== null && around(selected));
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !parts.length || inGraph.hidden) return;
    event.stopPropagation();
    backTo(parts.length - 1);
    graph?.focus();
  });
  tabs.choose("Graph");
  return {
    element,
    redraw,
    mark: (place, now) => graph?.mark(place, now),
    paint: () => {
      graph?.paint();
      timeline.paint();
    },
    tick: () => {
      if (!inGraph.hidden) graph?.tick(record);
      timeline.tick();
    },
    show,
    highlight,
    paintMarks,
    around,
    close: () => {
      graph?.close();
      timeline.close();
    },
  };
}
