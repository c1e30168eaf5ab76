// The times of a run: where an axis has its ticks, and what a timeline says in words.

import { duration, grouped } from "./format";
import type { PictureTask } from "./state";

export type Try = [from: number, to: number | null, status: number, agent: string];
export type Bar = [place: number, ready: number | null, tries: Try[]];

export interface Timeline {
  start: number;
  end: number;
  now: boolean;
  bars: Bar[];
  critical: number[];
  slots: number | null;
}

const ROOM = 76; // pixels from tick to tick, at least
const STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
  1800, 3600, 7200, 10800, 21600, 43200, 86400,
];
const WORTH_SAYING = 0.05; // seconds of waiting

/** Seconds at which an axis of `width` pixels up to `end` has its ticks. */
export function ticks(end: number, width: number): number[] {
  const least = (end * ROOM) / Math.max(width, ROOM);
  const step = STEPS.find((each) => each >= least) ?? Math.ceil(least / 86400) * 86400;
  const count = Math.floor(end / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, n) => n * step);
}

/** A time on the axis: short, and exact enough to tell it from the next. */
export function tickWords(at: number, step: number): string {
  if (at === 0) return "0";
  if (step < 1) return `${at.toFixed(step < 0.01 ? 3 : step < 0.1 ? 2 : 1)} s`;
  if (at < 60) return `${Math.round(at)} s`;
  const [hours, minutes] = [Math.floor(at / 3600), Math.floor((at % 3600) / 60)];
  const two = (number: number) => String(number).padStart(2, "0");
  if (hours) return `${hours}:${two(minutes)} h`;
  return `${minutes}:${two(Math.round(at % 60))} min`;
}

/** When a task first started after it was ready, if it waited. */
export function waited([, ready, tries]: Bar, end: number): [from: number, to: number] | null {
  if (ready === null) return null;
  const first = tries.find(([from]) => from >= ready - WORTH_SAYING);
  if (!first && tries.length) return null; // made anew since; that wait is unknown
  const to = first ? first[0] : end;
  return to > ready ? [ready, to] : null;
}

/** The exact times of one task. */
export function barWords(bar: Bar, id: string, labels: string[], end: number): string {
  const tries = bar[2].map(([from, to, status, agent]) => {
    const until = to === null ? "now" : exact(to);
    return `${labels[status]}, ${exact(from)} to ${until} (${duration((to ?? end) - from)}, ${agent})`;
  });
  const wait = waited(bar, end);
  const waiting = wait && wait[1] - wait[0] > WORTH_SAYING;
  const ready = bar[1] === null ? [] : [`ready at ${exact(bar[1])}`];
  if (waiting) ready.push(`waited ${duration(wait[1] - wait[0])}`);
  return `${id}: ${[...ready, ...tries].join("; ")}`;
}

function exact(at: number): string {
  return at < 60 ? `${at.toFixed(2)} s` : duration(at);
}

/** What the timeline comes to, in a sentence. */
export function timelineWords(line: Timeline, tasks: PictureTask[]): string {
  if (!line.bars.length) return "Nothing has started yet.";
  const byPlace = new Map(line.bars.map((bar) => [bar[0], bar]));
  const worked = line.critical
    .flatMap((place) => byPlace.get(place)?.[2] ?? [])
    .reduce((sum, [from, to]) => sum + ((to ?? line.end) - from), 0);
  const said = [duration(line.end)];
  if (line.critical.length)
    said.push(`of which ${duration(worked)} on the critical path: ${chain(line.critical, tasks)}`);
  return [said.join(", "), waitingWords(line)].filter(Boolean).join("; ");
}

function chain(places: number[], tasks: PictureTask[]): string {
  const ids = places.map((place) => tasks[place]?.[0] ?? "");
  if (ids.length <= 6) return ids.join(" › ");
  return [...ids.slice(0, 3), `… ${ids.length - 5} more …`, ...ids.slice(-2)].join(" › ");
}

function waitingWords(line: Timeline): string {
  const waits = line.bars
    .map((bar) => waited(bar, line.end))
    .map((wait) => (wait ? wait[1] - wait[0] : 0))
    .filter((span) => span > WORTH_SAYING);
  if (!waits.length) return "";
  const count = `${grouped(waits.length)} ${waits.length === 1 ? "task" : "tasks"}`;
  const all = duration(waits.reduce((a, b) => a + b, 0));
  const why = line.slots === null ? "to start" : `for one of ${line.slots} slots`;
  return `${count} waited ${all} in all ${why}`;
}
