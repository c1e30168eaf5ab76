// A view: its parts (head, toolbar, graph, finder, table, inspector), each an element with
// functions to update it. None of them knows another; what they share is the scene.

import { makeDesk } from "./desk";
import { make } from "./dom";
import { makeFinder } from "./finder";
import { sum } from "./format";
import { makeHead } from "./head";
import { makeInner, type Widgets } from "./inner";
import { makeInspector } from "./inspector";
import { listenToKeys } from "./keys";
import { makeGraphPane } from "./pane";
import type { Scene } from "./scene";
import {
  COST,
  type Model,
  NOTHING_YET,
  PENDING,
  type Picture,
  type Snapshot,
  STATUS,
  type TaskRecord,
  TOKENS,
} from "./state";
import { makeStrip } from "./strip";
import { makeTable, type Table } from "./table";
import { makeToolbar } from "./toolbar";

export interface View {
  element: HTMLElement;
  redraw(): void;
  update(places?: Iterable<number>): void;
  /** Breakpoints, or what is to be expected, have changed. */
  updateMarks(): void;
  tick(): void;
  /** Look into a task, or into none. */
  select(place: number | null): void;
  /** The kernel is gone: what was seen last stays. */
  cut(): void;
  close(): void;
}

export function makeView(model: Model, widgets?: Widgets): View {
  const looks = model.get("looks");
  const element = make("div", "nb-view", { tabindex: -1 });
  const strip = makeStrip();
  const desk = makeDesk(model, strip);
  let picture: Picture = { version: 0, svg: "", folded: false, tasks: [] };
  let snapshot: Snapshot = { number: 0 };
  let isCut = false;
  const record = (place: number): TaskRecord => snapshot.tasks?.[place] ?? NOTHING_YET;
  const scene: Scene = {
    looks,
    desk,
    readonly: model.get("readonly") === true,
    tasks: () => picture.tasks ?? [],
    record,
    marks: (place) => model.get("marks")?.tasks?.[place] ?? [],
    needs: (place) => picture.needs?.[place] ?? [],
    nested: (place) => model.get("nested")?.[place] ?? [],
    openInner: (run, of) => inner.open(run, of),
    runStatus: () => snapshot.run?.status ?? "",
    select,
  };
  const head = makeHead(looks);
  const toolbar = makeToolbar(scene.readonly ? null : desk);
  const finder = makeFinder(scene, find);
  const inspector = makeInspector(scene);
  const graph = makeGraphPane(model, looks, { select, ask: desk.ask });
  const inner = makeInner(widgets, (open) => element.toggleAttribute("data-inner", open));
  const work = make("div", "nb-lower");
  let selected: number | null = null;
  let statuses: Uint8Array;
  let tokens: Float64Array;
  let costs: Float64Array; // NaN where it is not known
  let counts: number[];
  const table: Table = makeTable(scene);
  const list = make("div", "nb-list");
  list.append(finder.element, table.element);
  work.append(list, inspector.element);
  // Once: what is taken out of the page and put in again loses focus, scroll and selection.
  element.append(head.element, toolbar.element, strip.element, inner.element, graph.element, work);

  function redraw(): void {
    picture = model.get("picture") ?? picture;
    const size = scene.tasks().length;
    statuses = new Uint8Array(size);
    tokens = new Float64Array(size);
    costs = new Float64Array(size);
    counts = new Array(looks.tasks.length).fill(0);
    counts[PENDING] = size;
    snapshot = model.get("snapshot") ?? snapshot;
    selected = inspector.replan();
    paintOpen();
    graph.redraw(selected);
    table.replan(selected);
    update();
    updateMarks();
    finder.tell();
  }

  /** Paint the tasks at `places`, or all of them. */
  function update(places: Iterable<number> = scene.tasks().keys()): void {
    snapshot = model.get("snapshot") ?? snapshot;
    for (const place of places) {
      if (place >= statuses.length) continue; // its picture is still on the way
      const now = record(place);
      const before = statuses[place]!;
      counts[before]! -= 1;
      counts[now[STATUS]]! += 1;
      statuses[place] = now[STATUS];
      tokens[place] = now[TOKENS];
      costs[place] = now[COST] ?? Number.NaN;
      graph.mark(place, now);
      table.paint(place);
    }
    graph.paint();
    head.paint(snapshot, counts, sum(tokens), sum(costs));
    paintToolbar();
    finder.paint(counts);
    inspector.update();
  }

  function paintToolbar(): void {
    toolbar.paint(snapshot.run, model.get("forecast") ?? "", model.get("marks"));
  }

  function updateMarks(): void {
    table.paintMarks();
    graph.paintMarks();
    paintToolbar();
    inspector.update();
  }

  function find(places: number[] | null): void {
    table.filter(places);
    graph.highlight(places);
  }

  function paintOpen(): void {
    element.toggleAttribute("data-open", !inspector.element.hidden);
  }

  function mark(place: number | null): void {
    selected = place;
    paintOpen();
    table.select(place);
    graph.show(place);
  }

  function select(place: number | null): void {
    const hadFocus = inspector.element.matches(":focus-within");
    const before = selected;
    inspector.open(place);
    mark(place);
    if (hadFocus && place === null && before !== null) table.focus(before);
  }

  function tick(): void {
    if (isCut) return;
    inspector.tick();
    table.tick(); // a countdown goes on while the run stands still
    if (snapshot.run?.status !== "running") return;
    head.tick(snapshot);
    graph.tick();
  }

  listenToKeys(element, { ...toolbar.keys, "/": finder.focus });
  redraw();
  return {
    element,
    redraw,
    update,
    updateMarks,
    tick,
    select,
    cut: () => {
      isCut = true;
      desk.cut();
    },
    close: () => {
      desk.close();
      inner.close();
      inspector.close();
      table.close();
      graph.close();
    },
  };
}
