// What is asked of the kernel, and its answers. docs/live_view.md has the words.

import type { Model } from "./state";

const PATIENCE = 800; // milliseconds after which one wonders whether anybody listens

export const NOT_CONNECTED = "Not connected to a kernel.";

let asked = 0;

/** Why something was not done: a sentence, and what may help. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly notes: string[] = [],
  ) {
    super(message);
  }
}

interface Hooks {
  /** Called where the answer is long in coming; it may come yet. */
  late?: () => void;
  /** Ends the waiting. */
  signal?: AbortSignal;
}

interface Answer {
  reply?: string;
  error?: string;
  notes?: string[];
}

/** Ask the kernel; fails with a `Refusal` where it says no, or is not there. */
export function ask<T>(
  model: Model,
  verb: string,
  args: object = {},
  { late, signal }: Hooks = {},
): Promise<T> {
  // Several views listen to one model.
  const number = `view-${Math.random().toString(36).slice(2, 10)}-${++asked}`;
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(waiting);
      model.off("msg:custom", listen);
      signal?.removeEventListener("abort", cut);
    };
    const cut = () => {
      end();
      reject(new Refusal(NOT_CONNECTED));
    };
    const listen = (content: unknown) => {
      const answer = (content ?? {}) as Answer;
      if (answer.reply !== number) return;
      end();
      if (typeof answer.error === "string") reject(refusal(answer));
      else resolve(answer as T);
    };
    const waiting = setTimeout(() => late?.(), PATIENCE);
    if (signal?.aborted) return cut();
    signal?.addEventListener("abort", cut);
    try {
      model.on("msg:custom", listen);
      model.send({ ask: verb, number, version: model.get("picture")?.version, ...args });
    } catch {
      cut();
    }
  });
}

function refusal({ error, notes }: Answer): Refusal {
  return new Refusal(String(error), Array.isArray(notes) ? notes.map(String) : []);
}
