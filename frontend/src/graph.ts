// The graph: laid out in Python, coloured here.

import { type Box, makeBox } from "./box";
import { make } from "./dom";
import { parsedDrawing } from "./harmless";
import { makeWalk } from "./walk";
import { type Looks, type Marks, PENDING, type Picture, RUNNING } from "./state";
import { STATUS, type TaskRecord, WAIT } from "./state";
import { keepInSight, makeZoom, type Zoom } from "./zoom";

export interface GraphCallbacks {
  /** A task was chosen. */
  select(place: number): void;
  /** A box of a folded picture is to be seen from inside. */
  open(box: number): void;
}

export interface Graph {
  element: HTMLElement;
  scroller: HTMLElement;
  zoom: Zoom | undefined;
  /** Of the drawing, to tell whether another one is as large. */
  size: string;
  /** Take note of how a task stands now; shown by `paint`. */
  mark(place: number, now: TaskRecord): void;
  paint(): void;
  tick(record: (place: number) => TaskRecord): void;
  /** Outline a task, and what it is directly linked with. */
  show(place: number | null): void;
  /** Leave these tasks as they are, and have the others step back. */
  highlight(places: Iterable<number> | null): void;
  paintMarks(marks: Marks): void;
  focus(): void;
  close(): void;
}

export function makeGraph(looks: Looks, picture: Picture, callbacks: GraphCallbacks): Graph {
  const element = make("div", "nb-graph", { role: "group", "aria-label": "Graph" });
  const scroller = make("div", "nb-scroll");
  const drawing = parsedDrawing(picture.svg);
  const tasks = picture.tasks ?? [];
  const statuses = new Uint8Array(tasks.length).fill(PENDING);
  const boxes = new Map<number, Box>();
  const changed = new Set<Box>();
  const ticking = new Set<number>();
  element.append(scroller);
  const zoom = drawing ? makeZoom(element, scroller, drawing) : undefined;
  if (drawing) {
    scroller.append(drawing);
    const family = drawing.getAttribute("font-family") ?? "sans-serif";
    for (const node of drawing.querySelectorAll<SVGElement>("[data-node]"))
      boxes.set(Number(node.dataset.node), makeBox(looks, node, family));
  }
  tasks.forEach((task, place) => boxes.get(task[2])?.add(place, task));
  for (const box of boxes.values()) box.paint();
  const walk = drawing && makeWalk(drawing, scroller, activate);

  function activate(node: SVGElement): void {
    const box = boxes.get(Number(node.dataset.node));
    if (node.dataset.open) callbacks.open(Number(node.dataset.open));
    else if (box?.places.length) callbacks.select(box.places[0]!);
  }

  function boxOf(place: number): Box | undefined {
    return boxes.get(tasks[place]?.[2] ?? -1);
  }

  function mark(place: number, now: TaskRecord): void {
    const box = boxOf(place);
    if (!box) return;
    box.take(statuses[place]!, now);
    statuses[place] = now[STATUS];
    changed.add(box);
    const counting = now[STATUS] === RUNNING || (now[WAIT] ?? null) !== null;
    if (counting && box.places.length === 1) ticking.add(place);
    else ticking.delete(place);
  }

  function paint(): void {
    for (const box of changed) box.paint();
    changed.clear();
  }

  function show(place: number | null): void {
    const shown = place === null ? undefined : boxOf(place);
    const number = shown?.node.dataset.node;
    for (const box of boxes.values())
      if (box === shown) box.node.setAttribute("aria-current", "true");
      else box.node.removeAttribute("aria-current");
    for (const edge of drawing?.querySelectorAll<SVGElement>("[data-edge]") ?? []) {
      const near = number !== undefined && edge.dataset.edge!.split(" ").includes(number);
      edge.classList.toggle("nb-near", near);
    }
    if (!shown) return;
    walk?.stand(shown.node);
    keepInSight(scroller, shown.node);
  }

  function highlight(places: Iterable<number> | null): void {
    const lit = places && new Set([...places].map(boxOf));
    for (const box of boxes.values())
      box.node.toggleAttribute("data-dim", lit !== null && !lit.has(box));
    drawing?.toggleAttribute("data-dimmed", lit !== null);
  }

  function paintMarks(marks: Marks): void {
    for (const box of boxes.values()) {
      const when = box.places.flatMap((place) => marks.tasks?.[place] ?? []);
      box.paintMark([...new Set(when)]);
    }
  }

  return {
    element,
    scroller,
    zoom,
    size: drawing?.getAttribute("viewBox") ?? "",
    mark,
    paint,
    tick: (record) => {
      for (const place of ticking) boxOf(place)?.tick(record(place));
    },
    show,
    highlight,
    paintMarks,
    focus: () => walk?.focus(),
    close: () => zoom?.close(),
  };
}
