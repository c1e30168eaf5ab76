// Asks for one view, and tells in its strip how that goes.

import { ask, type Refusal } from "./commands";
import type { Model } from "./state";
import type { Strip } from "./strip";

export interface Desk {
  /** Ask something; whoever asks says what is wrong. */
  ask<T>(verb: string, args?: object): Promise<T>;
  /** Have something done; what is wrong is said in the strip. Whether it was done. */
  act(verb: string, args?: object): Promise<boolean>;
  /** Nobody answers any more. */
  cut(): void;
  close(): void;
}

export function makeDesk(model: Model, strip: Strip): Desk {
  const ending = new AbortController();
  let late = 0;
  let closed = false;

  async function asking<T>(verb: string, args: object = {}): Promise<T> {
    let isLate = false;
    const note = () => {
      isLate = true;
      strip.busy(++late > 0);
    };
    try {
      return await ask<T>(model, verb, args, { late: note, signal: ending.signal });
    } finally {
      if (isLate) strip.busy(--late > 0);
    }
  }

  async function act(verb: string, args: object = {}): Promise<boolean> {
    try {
      await asking(verb, args);
      strip.clear();
      return true;
    } catch (error) {
      if (!closed) strip.fail(error as Refusal);
      return false;
    }
  }

  return {
    ask: asking,
    act,
    cut: () => {
      ending.abort();
      strip.lost();
    },
    close: () => {
      closed = true;
      ending.abort();
    },
  };
}
