// What can be done with one task.

import { type Button, makeButton } from "./button";
import type { Details, TaskVerb } from "./details";
import { make } from "./dom";
import { makeForm, makeSelect } from "./forms";
import { APPROVE, BREAK, CLOSE, EDIT, MORE, REPLACE, RETRY, SKIP, STEP, UNTIL } from "./icons";
import type { Scene } from "./scene";

const UNKNOWN = "the kernel has not answered yet";

const WHEN = [
  ["before", "before it starts"],
  ["after", "after it is done"],
  ["failure", "when it fails"],
] as const;

export interface Verbs {
  element: HTMLElement;
  /** Show what can be done; nothing where there are no details yet. */
  paint(place: number, details: Details | null): void;
}

export function makeVerbs(scene: Scene, edit: () => void): Verbs {
  const element = make("div", "nb-verbs");
  const group = make("div", "nb-buttons", { role: "toolbar", "aria-label": "Task" });
  const form = makeForm();
  let place = 0;
  let details: Details | null = null;
  const act = (verb: string, args: object = {}) => scene.desk.act(verb, { task: place, ...args });
  const buttons = new Map<TaskVerb, Button>();

  function button(verb: TaskVerb, label: string, icon: string, title: string, how?: () => unknown) {
    const made = makeButton({
      label,
      icon,
      title,
      kind: "nb-lesser",
      act: how ?? (() => act(verb)),
    });
    buttons.set(verb, made);
    group.append(made.element);
    return made;
  }

  button("approve", "Approve", APPROVE, "Let this task start: it waits for your approval");
  const refuse = button("refuse", "Refuse", CLOSE, "Tell the model that it may not", () =>
    form.toggle(refuse.element, refuseForm),
  );
  button("step", "Step", STEP, "Run this task only");
  button("resume", "Run to here", UNTIL, "Run what this task needs, and this task; then stop");
  button("retry", "Retry", RETRY, "Run this task once more");
  const other = makeButton({
    label: "with…",
    icon: MORE,
    kind: "nb-lesser",
    title: "Retry with another agent, for this attempt",
    act: () => form.toggle(other.element, retryForm),
  });
  pair(buttons.get("retry")!.element, other.element);
  button("edit", "Edit", EDIT, "Correct the result or the description by hand", edit);
  button("skip", "Skip", SKIP, "Leave this task out");
  const replace = button("replace", "Replace", REPLACE, "Have another agent do its tasks", () =>
    form.toggle(replace.element, replaceForm),
  );
  const when = makeSelect("When to stop", WHEN);
  const stop = button("break", "Break", BREAK, "Stop the run at this task", () => {
    return act("break", { on: !isSet(), when: when.value });
  });
  stop.element.classList.add("nb-do-break");
  when.className = "nb-when";
  when.addEventListener("change", paintBreak);
  pair(stop.element, when);
  element.append(group, form.element);

  // What belongs together stays on one line.
  function pair(...parts: HTMLElement[]): void {
    const together = make("span", "nb-pair");
    together.append(...parts);
    group.append(together);
  }

  const others = () => (details?.agents ?? []).filter((name) => name !== details?.agent);
  const isSet = () => scene.marks(place).includes(when.value);

  function refuseForm(close: () => void) {
    const why = make("input", "nb-why", { type: "text", "aria-label": "Why", placeholder: "why" });
    const go = () => act("refuse", { why: why.value }).then((isDone) => isDone && close());
    why.addEventListener("keydown", (event) => event.key === "Enter" && void go());
    return ["The model is told that you refuse, and", why, { label: "Refuse", go }] as const;
  }

  function retryForm(close: () => void) {
    const agents = makeSelect(
      "Agent",
      others().map((name) => [name, name]),
    );
    const go = () => act("retry", { agent: agents.value }).then((isDone) => isDone && close());
    return ["Retry once, done by", agents, { label: "Retry", go }] as const;
  }

  function replaceForm(close: () => void) {
    const agent = details!.agent;
    const agents = makeSelect(
      "Agent",
      others().map((name) => [name, name]),
    );
    const go = () =>
      scene.desk.act("replace", { agent, by: agents.value }).then((isDone) => isDone && close());
    return [`All tasks of '${agent}' are done by`, agents, { label: "Replace", go }] as const;
  }

  function paintBreak(): void {
    stop.element.setAttribute("aria-pressed", String(isSet()));
  }

  function paint(at: number, now: Details | null): void {
    if (at !== place || !now) form.close();
    if (at !== place) when.value = scene.marks(at)[0] ?? "before";
    place = at;
    details = now;
    for (const [verb, made] of buttons) made.allow(now ? (now.can[verb] ?? "") : UNKNOWN);
    const alone = now && !others().length ? "this run knows no other agent" : "";
    for (const verb of ["approve", "refuse"] as const)
      buttons.get(verb)!.show(now?.can[verb] === "");
    other.allow(now ? now.can.retry || alone : UNKNOWN);
    if (now && !now.can.replace) buttons.get("replace")!.allow(alone);
    paintBreak();
  }

  return { element, paint };
}
