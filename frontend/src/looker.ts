// Looks into the task that is selected, again and again but seldom: the kernel has other
// things to do, and where it does not answer, questions must not pile up.

import type { Refusal } from "./commands";
import type { Desk } from "./desk";
import type { Details } from "./details";

const INTERVAL = 500; // milliseconds between two questions, at least

export interface Looker {
  /** Look into a task, as soon as it may be; the newest wish wins. */
  want(place: number | null): void;
  close(): void;
}

export function makeLooker(
  desk: Desk,
  take: (details: Details) => void,
  fail: (why: Refusal) => void,
): Looker {
  let wanted: number | null = null;
  let isAsking = false;
  let last = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function want(place: number | null): void {
    wanted = place;
    clearTimeout(timer);
    if (place === null || isAsking) return;
    timer = setTimeout(() => void look(place), Math.max(0, last + INTERVAL - performance.now()));
  }

  async function look(place: number): Promise<void> {
    isAsking = true;
    wanted = null;
    last = performance.now();
    try {
      const details = await desk.ask<Details>("look", { task: place });
      if (wanted === null || wanted === place) take(details);
    } catch (why) {
      if (wanted === null) fail(why as Refusal);
    }
    isAsking = false;
    want(wanted);
  }

  return { want, close: () => clearTimeout(timer) };
}
