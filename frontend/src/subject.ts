// The head of the inspector: which task it is, and how it stands by its record.

import { icon, make, say, text } from "./dom";
import { duration, grouped, money, remark, stateLook } from "./format";
import { markDot } from "./row";
import type { Scene } from "./scene";
import { ATTEMPTS, BY, COST, type TaskRecord, TOKENS, taskSeconds } from "./state";

export interface Subject {
  element: HTMLElement;
  paint(place: number): void;
  label(labels: string[]): void;
  tick(place: number): void;
}

export function makeSubject(scene: Scene): Subject {
  const element = make("div", "nb-subject");
  const title = make("div", "nb-title", { role: "heading", "aria-level": 4 });
  const state = make("span", "nb-state");
  const id = make("bdi", "nb-code");
  const dot = make("span", "nb-dots");
  const facts = make("div", "nb-facts");
  const message = make("div", "nb-remark");
  const tags = make("div", "nb-tags");
  title.append(state, id, dot);
  element.append(title, facts, tags, message);

  let marked = "";

  function paint(place: number): void {
    const now = scene.record(place);
    const look = stateLook(scene.looks, now);
    element.className = `nb-subject nb-${look.name}`;
    if (state.textContent !== look.label)
      state.replaceChildren(icon(look.icon), text("span", look.label));
    say(id, scene.tasks()[place]![0]);
    const when = scene.marks(place);
    if (String(when) !== marked) dot.replaceChildren(...(when.length ? [markDot(when)] : []));
    marked = String(when);
    tick(place);
  }

  function tick(place: number): void {
    const now = scene.record(place);
    say(facts, [who(place, now), ...factsOf(now)].join(" · "));
    say(message, remark(now));
  }

  function who(place: number, now: TaskRecord): string {
    const agent = scene.tasks()[place]![1];
    return now[BY] ? `${now[BY]} for ${agent}` : agent;
  }

  function label(labels: string[]): void {
    if (tags.textContent === labels.join("")) return;
    tags.replaceChildren(...labels.map((words) => text("span", words, "nb-tag")));
  }

  return { element, paint, label, tick };
}

function factsOf(now: TaskRecord): string[] {
  const span = taskSeconds(now);
  return [
    span === null ? "" : duration(span),
    now[TOKENS] ? `${grouped(now[TOKENS])} tokens` : "",
    now[TOKENS] ? money(now[COST] ?? Number.NaN, "cost unknown") : "",
    now[ATTEMPTS] > 1 ? `${grouped(now[ATTEMPTS])} attempts` : "",
  ].filter(Boolean);
}
