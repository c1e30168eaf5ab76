// One box of the graph: a task, or a group of them.

import { SVG, say } from "./dom";
import { fitted, textWidth } from "./fit";
import { duration, grouped, money, remark } from "./format";
import { makeRing, type Ring } from "./ring";
import {
  ATTEMPTS,
  BY,
  COMPLETED,
  COST,
  FAILED,
  FRACTION,
  type Looks,
  NOTHING_YET,
  PENDING,
  type PictureTask,
  RUNNING,
  STATUS,
  type TaskRecord,
  TOKENS,
  taskSeconds,
} from "./state";

const PADDING = 11;
const GAP = 8; // between agent and time
// As nbagents.display.outline has them: of the heading, and of the text below it.
const HEADING_SIZE = 13;
const SIZE = 11.5;

export interface Box {
  node: SVGElement;
  /** Places of its tasks. */
  places: number[];
  add(place: number, task: PictureTask): void;
  take(before: number, now: TaskRecord): void;
  paint(): void;
  tick(now: TaskRecord): void;
  paintMark(when: string[]): void;
}

export function makeBox(looks: Looks, node: SVGElement, family: string): Box {
  const part = (selector: string) => node.querySelector(selector)!;
  const title = part("title");
  const ground = part(".nb-ground");
  const icon = part(".nb-icon");
  const caption = part(".nb-caption");
  const time = node.querySelector(".nb-time");
  const note = node.querySelector(".nb-note");
  const room = Number(ground.getAttribute("width")) - 2 * PADDING;
  const font = `${SIZE}px ${family}`;
  const name = title.textContent!.split("\n").slice(0, -1).join("\n");
  const group = node.querySelector(".nb-share") !== null;
  const shares = group ? looks.tasks.map((look) => part(`.nb-share.nb-${look.name}`)) : [];
  const counts = new Array<number>(looks.tasks.length).fill(0);
  const places: number[] = [];
  const heading = part(".nb-heading");
  const headingRoom = room - (Number(heading.getAttribute("x")) - PADDING);
  const fitHeading = (words: string) => {
    say(heading, fitted(words, `600 ${HEADING_SIZE}px ${family}`, headingRoom));
  };
  const said = note?.getAttribute("data-said") ?? "";
  let agent = caption.textContent!;
  let spoken = "";
  let record = NOTHING_YET;
  let marked = "";
  let mark: SVGElement | undefined;
  let ring: Ring | undefined;
  fitHeading(heading.textContent!);

  function add(place: number, task: PictureTask): void {
    places.push(place);
    counts[PENDING]! += 1;
    if (group) return;
    agent = task[1];
    spoken = task[1];
    fitHeading(task[0]);
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
    icon.setAttribute("d", look.icon);
    const states = looks.loudness.filter((s) => counts[s]).map(counted);
    // The title is what a reader says, too.
    const last = group ? states : [spoken, look.label];
    say(title, `${name}\n${[...last, marked].filter(Boolean).join(", ")}`);
    if (group) paintShares();
    else paintTask();
  }

  function counted(status: number): string {
    return `${grouped(counts[status]!)} ${looks.tasks[status]!.label}`;
  }

  function paintShares(): void {
    const loud = [FAILED, RUNNING].filter((status) => counts[status]);
    say(caption, fitted([COMPLETED, ...loud].map(counted).join(", "), font, room));
    let x = PADDING;
    for (const status of [COMPLETED, ...looks.loudness.slice(0, -1)]) {
      const width = (room * counts[status]!) / places.length;
      shares[status]!.setAttribute("x", String(x));
      shares[status]!.setAttribute("width", String(width));
      x += width;
    }
  }

  function paintTask(): void {
    tick(record);
    if (record[STATUS] === RUNNING) ring ??= makeRing(node, icon);
    ring?.paint(record[STATUS] === RUNNING, record[FRACTION]);
  }

  function tick(now: TaskRecord): void {
    if (!time) return;
    const span = taskSeconds(now);
    const often = now[ATTEMPTS] > 1 ? `×${now[ATTEMPTS]}` : "";
    const took = [often, span === null ? "" : duration(span)].filter(Boolean).join(" ");
    const who = now[BY] ?? agent;
    if (time.textContent !== took || caption.getAttribute("data-cut") !== who) {
      const taken = took ? textWidth(took, font) + GAP : 0;
      say(time, took);
      say(caption, fitted(who, font, room - taken));
      caption.setAttribute("data-cut", who);
    }
    if (note) say(note, noted(now));
  }

  /** What is most worth knowing of a task: what it says, what it used, what it came to. */
  function noted(now: TaskRecord): string {
    if (now[STATUS] !== COMPLETED || !now[TOKENS]) return fitted(remark(now) || said, font, room);
    const paid = money(now[COST] ?? Number.NaN, "$?");
    const words = (used: string) => [used, paid].filter(Boolean).join(" · ");
    const whole = words(`${grouped(now[TOKENS])} tokens`);
    if (textWidth(whole, font) <= room) return whole;
    return fitted(words(`${compact(now[TOKENS])} tok`), font, room);
  }

  function paintMark(when: string[]): void {
    const words = when.length ? `breakpoint ${when.join(", ")}` : "";
    if (words === marked) return;
    marked = words;
    mark?.remove();
    mark = words ? node.appendChild(makeMark(words)) : undefined;
    paint();
  }

  function makeMark(words: string): SVGElement {
    const sign = document.createElementNS(SVG, "g");
    const said = document.createElementNS(SVG, "title");
    said.textContent = words;
    sign.setAttribute("class", "nb-mark");
    sign.setAttribute("transform", `translate(0 ${Number(ground.getAttribute("height")) / 2})`);
    for (const radius of [8, 4.5]) {
      const circle = document.createElementNS(SVG, "circle");
      circle.setAttribute("r", String(radius));
      sign.append(circle);
    }
    sign.append(said);
    return sign;
  }

  return { node, places, add, take, paint, tick, paintMark };
}

function compact(number: number): string {
  for (const [unit, sign] of [
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    const parts = number / unit;
    if (parts >= 0.9995) return `${parts.toFixed(parts < 9.95 ? 1 : 0)}${sign}`;
  }
  return String(number);
}
