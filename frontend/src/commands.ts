// What is asked of the kernel, and its answers. docs/live_view.md has the words.

import type { Model } from "./state";

const PATIENCE = 10_000; // milliseconds; a kernel that computes answers late or never

let asked = 0;

/** Ask the kernel; fails with a sentence where it says no, or says nothing. */
export function ask<T>(model: Model, verb: string, args: object = {}): Promise<T> {
  const number = `view-${Math.random().toString(36).slice(2)}-${++asked}`;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(waiting);
      model.off("msg:custom", listen);
      settle();
    };
    const listen = (content: unknown) => {
      const answer = content as { reply?: string; error?: string };
      if (answer?.reply !== number) return;
      if (answer.error) end(() => reject(new Error(answer.error)));
      else end(() => resolve(answer as T));
    };
    const late = () => reject(new Error("the kernel does not answer"));
    const waiting = setTimeout(() => end(late), PATIENCE);
    model.on("msg:custom", listen);
    model.send({ ask: verb, number, version: model.get("picture").version, ...args });
  });
}
