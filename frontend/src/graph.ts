// The graph: laid out in Python, coloured here.

import { type Box, makeBox } from "./box";
import { make, parsedDrawing } from "./dom";
import { type Looks, type Marks, type Picture, RUNNING, STATUS, type TaskRecord } from "./state";

const SMALLEST = 0.6; // what a graph is shrunk to, at most

export interface GraphCallbacks {
  select(place: number): void;
}

export interface Graph {
  element: HTMLElement;
  /** Take note of how a task stands now; shown by `paint`. */
  mark(place: number, before: number, now: TaskRecord): void;
  paint(): void;
  tick(record: (place: number) => TaskRecord): void;
  show?(place: number | null): void;
  highlight?(places: Iterable<number> | null): void;
  paintMarks?(marks: Marks): void;
  close?(): void;
}

export function makeGraph(looks: Looks, picture: Picture, callbacks: GraphCallbacks): Graph {
  const element = make("div", "nb-graph", { tabindex: 0, role: "group", "aria-label": "Graph" });
  const drawing = parsedDrawing(picture.svg);
  const boxes: Box[] = [];
  const changed = new Set<Box>();
  const running = new Set<number>();
  if (drawing) {
    // Where a cell is narrower than this, the graph is scrolled.
    drawing.style.minWidth = `${SMALLEST * Number(drawing.getAttribute("width"))}px`;
    element.append(drawing);
    for (const node of drawing.querySelectorAll<SVGElement>("[data-node]"))
      boxes[Number(node.dataset.node)] = makeBox(looks, node, picture.folded);
  }
  for (const [, , box] of picture.tasks ?? []) boxes[box]?.add();

  element.addEventListener("click", (event) => {
    const node = (event.target as Element).closest<SVGElement>("[data-node]");
    const box = Number(node?.dataset.node ?? -1);
    const place = picture.tasks.findIndex((task) => task[2] === box);
    if (node && place >= 0) callbacks.select(place);
  });

  function boxOf(place: number): Box | undefined {
    return boxes[picture.tasks[place]![2]];
  }

  function mark(place: number, before: number, now: TaskRecord): void {
    const box = boxOf(place);
    if (!box) return;
    box.take(before, now);
    changed.add(box);
    if (now[STATUS] === RUNNING && !picture.folded) running.add(place);
    else running.delete(place);
  }

  function paint(): void {
    for (const box of changed) box.paint();
    changed.clear();
  }

  function tick(record: (place: number) => TaskRecord): void {
    for (const place of running) boxOf(place)?.tick(record(place));
  }

  return { element, mark, paint, tick };
}
