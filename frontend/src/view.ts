// A view: its parts (head, graph, table), each an element with functions to update it.
// None of them knows another.

import { make, say } from "./dom";
import { sum } from "./format";
import { makeHead } from "./head";
import { makeGraphPane } from "./pane";
import {
  COST,
  type Model,
  NOTHING_YET,
  PENDING,
  type PictureTask,
  STATUS,
  type TaskRecord,
  TOKENS,
} from "./state";
import { makeTable, type Table } from "./table";

export interface View {
  element: HTMLElement;
  redraw(): void;
  update(places?: Iterable<number>): void;
  tick(): void;
  paintMarks(): void;
  close(): void;
}

export function makeView(model: Model): View {
  const looks = model.get("looks");
  const element = make("div", "nb-view");
  const head = makeHead(looks);
  const reason = make("div", "nb-reason");
  const graph = makeGraphPane(model, looks, { select: (place) => graph.show(place) });
  let tasks: PictureTask[] = [];
  let statuses: Uint8Array;
  let tokens: Float64Array;
  let costs: Float64Array; // NaN where it is not known
  let counts: number[];
  let table: Table | undefined;

  const record = (place: number): TaskRecord => model.get("snapshot").tasks?.[place] ?? NOTHING_YET;

  function redraw(): void {
    const picture = model.get("picture");
    tasks = picture.tasks ?? [];
    statuses = new Uint8Array(tasks.length);
    tokens = new Float64Array(tasks.length);
    costs = new Float64Array(tasks.length);
    counts = new Array(looks.tasks.length).fill(0);
    counts[PENDING] = tasks.length;
    table?.close();
    graph.redraw();
    table = makeTable(looks, tasks, record);
    element.replaceChildren(head.element, reason, graph.element, table.element);
    update();
  }

  /** Paint the tasks at `places`, or all of them. */
  function update(places: Iterable<number> = tasks.keys()): void {
    for (const place of places) {
      if (place >= tasks.length) continue; // its picture is still on the way
      const now = record(place);
      const before = statuses[place]!;
      counts[before]! -= 1;
      counts[now[STATUS]]! += 1;
      statuses[place] = now[STATUS];
      tokens[place] = now[TOKENS];
      costs[place] = now[COST] ?? Number.NaN;
      graph.mark(place, now);
      table?.paint(place);
    }
    graph.paint();
    const snapshot = model.get("snapshot");
    say(reason, snapshot.run?.reason ?? "");
    head.paint(snapshot, counts, sum(tokens), sum(costs));
  }

  function tick(): void {
    const snapshot = model.get("snapshot");
    if (snapshot.run?.status !== "running") return;
    head.tick(snapshot);
    table?.tick();
    graph.tick();
  }

  function close(): void {
    graph.close();
    table?.close();
  }

  redraw();
  return { element, redraw, update, tick, paintMarks: graph.paintMarks, close };
}
