// One box of the graph: a task, or a group of them.

import { SVG, say } from "./dom";
import { duration, grouped } from "./format";
import {
  COMPLETED,
  FAILED,
  FRACTION,
  type Looks,
  NOTHING_YET,
  PENDING,
  RUNNING,
  STATUS,
  type TaskRecord,
  taskSeconds,
} from "./state";

export interface Box {
  add(): void;
  take(before: number, now: TaskRecord): void;
  paint(): void;
  tick(now: TaskRecord): void;
}

export function makeBox(looks: Looks, node: SVGElement, folded: boolean): Box {
  const part = (selector: string) => node.querySelector(selector)!;
  const title = part("title");
  const ground = part(".nb-ground");
  const mark = part(".nb-icon");
  const caption = part(".nb-caption");
  const time = node.querySelector(".nb-time");
  const name = title.textContent!.split("\n").slice(0, -1).join("\n");
  const shares = folded ? looks.tasks.map((look) => part(`.nb-share.nb-${look.name}`)) : [];
  const room = shares.reduce((sum, share) => sum + Number(share.getAttribute("width")), 0);
  const counts = new Array<number>(looks.tasks.length).fill(0);
  let record = NOTHING_YET;
  let size = 0;
  let bar: SVGRectElement | undefined;

  function add(): void {
    counts[PENDING]! += 1;
    size += 1;
  }

  function take(before: number, now: TaskRecord): void {
    counts[before]! -= 1;
    counts[now[STATUS]]! += 1;
    record = now;
  }

  function paint(): void {
    const loudest = looks.loudness.find((status) => counts[status]) ?? PENDING;
    const look = looks.tasks[loudest]!;
    node.setAttribute("class", `nb-node nb-${look.name}`);
    mark.setAttribute("d", look.icon);
    title.textContent = `${name}\n${looks.loudness
      .filter((s) => counts[s])
      .map(counted)
      .join(", ")}`;
    if (folded) paintShares();
    else paintTask();
  }

  function counted(status: number): string {
    return `${grouped(counts[status]!)} ${looks.tasks[status]!.label}`;
  }

  function paintShares(): void {
    const loud = [FAILED, RUNNING].filter((status) => counts[status]);
    say(caption, [COMPLETED, ...loud].map(counted).join(", "));
    let x = Number(caption.getAttribute("x"));
    for (const status of [COMPLETED, ...looks.loudness.slice(0, -1)]) {
      const width = (room * counts[status]!) / size;
      shares[status]!.setAttribute("x", String(x));
      shares[status]!.setAttribute("width", String(width));
      x += width;
    }
  }

  function paintTask(): void {
    tick(record);
    const fraction = record[STATUS] === RUNNING ? record[FRACTION] : null;
    if (fraction !== null && !bar) bar = addBar();
    const whole = Number(ground.getAttribute("width")) - 18;
    bar?.setAttribute("width", String(whole * (fraction ?? 0)));
  }

  function addBar(): SVGRectElement {
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("class", "nb-bar");
    rect.setAttribute("x", "9");
    rect.setAttribute("y", String(Number(ground.getAttribute("height")) - 4));
    rect.setAttribute("height", "3");
    node.append(rect);
    return rect;
  }

  function tick(now: TaskRecord): void {
    const span = taskSeconds(now);
    if (time) say(time, span === null ? "" : duration(span));
  }

  return { add, take, paint, tick };
}
