// Numbers in words. `nbagents.display.summary` says the same in Python.

import { WAITING as CLOCK } from "./icons";
import {
  COMPLETED,
  type Look,
  type Looks,
  PENDING,
  REMARK,
  RUNNING,
  STATUS,
  type TaskRecord,
  waitSeconds,
} from "./state";

/** US dollars; two digits of what is less than a cent, so that it does not look like nothing. */
export function money(cost: number, unknown: string): string {
  if (Number.isNaN(cost)) return unknown;
  if (cost < 0.00001) return cost ? "<$0.00001" : "";
  if (cost >= 1) {
    const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
    return `$${cost.toLocaleString("en-US", digits)}`;
  }
  const decimals = Math.max(4, 1 - Math.floor(Math.log10(cost)));
  return `$${cost.toFixed(decimals).replace(/(\.\d\d\d*?)0+$/, "$1")}`;
}

export function grouped(number: number): string {
  return number.toLocaleString("en-US");
}

export function duration(span: number): string {
  if (span < 9.95) return `${Math.max(span, 0).toFixed(1)} s`;
  const whole = Math.round(span);
  const two = (number: number) => String(number).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))} h`;
}

/** A number of seconds that is no more than a guess. */
export function roughly(span: number): string {
  return span < 9.5 ? `${Math.max(1, Math.round(span))} s` : duration(span);
}

export function sum(numbers: Float64Array): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/** How far the tasks are, and what is wrong with some of them. */
export function progressWords(looks: Looks, counts: number[]): string {
  const total = counts.reduce((a, b) => a + b, 0);
  const quiet = [PENDING, RUNNING, COMPLETED];
  const loud = looks.loudness
    .filter((status) => counts[status] && !quiet.includes(status))
    .map((status) => `${grouped(counts[status]!)} ${looks.tasks[status]!.label}`);
  const tasks = `${grouped(total)} ${total === 1 ? "task" : "tasks"}`;
  return [`${grouped(counts[COMPLETED]!)} of ${tasks}`, ...loud].join(", ");
}

/** What a task says of itself, or when it is tried again. */
export function remark(record: TaskRecord): string {
  const wait = waitSeconds(record);
  if (wait === null) return record[REMARK];
  const when = wait > 0 ? `in ${duration(wait)}` : "now";
  return `tries again ${when}${record[REMARK] && ` after ${record[REMARK]}`}`;
}

export type StateLook = Look & { name: string };

const WAITING: StateLook = { name: "waiting", symbol: "◷", label: "waiting", icon: CLOCK };

/** How the state of a task looks; one that is tried again soon does not look as if it had all
 * before it. */
export function stateLook(looks: Looks, record: TaskRecord): StateLook {
  return waitSeconds(record) === null ? looks.tasks[record[STATUS]]! : WAITING;
}
