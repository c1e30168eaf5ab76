// The toolbar: what can be done with the run, what it stopped for, what comes next.

import { type Button, makeButton } from "./button";
import type { Desk } from "./desk";
import { make, say } from "./dom";
import { APPROVE, PAUSE, RESUME, STEP, STOP } from "./icons";
import type { Marks, RunFrame, RunVerb } from "./state";

const LONG = 120; // characters of a reason that has a line of its own
const PAUSING = "pausing: what is at work finishes first";

interface Verb {
  verb: RunVerb;
  label: string;
  icon: string;
  key: string;
  title: string;
}

const VERBS: Verb[] = [
  {
    verb: "approve",
    label: "Approve",
    icon: APPROVE,
    key: "",
    title: "Let all tasks start that wait for your approval",
  },
  { verb: "resume", label: "Resume", icon: RESUME, key: "r", title: "Go on (r)" },
  {
    verb: "pause",
    label: "Pause",
    icon: PAUSE,
    key: "p",
    title: "Start no more tasks; those at work finish (p)",
  },
  { verb: "step", label: "Step", icon: STEP, key: "n", title: "Run the next ready task (n)" },
  {
    verb: "stop",
    label: "Stop",
    icon: STOP,
    key: "",
    title: "End the run now; Resume takes it up again",
  },
];

export interface Toolbar {
  element: HTMLElement;
  /** What each key does. */
  keys: Record<string, () => void>;
  paint(run: RunFrame | undefined, forecast: string, marks: Marks | undefined): void;
}

/** Without a desk there is nothing that can be done, and what is told is told all the same. */
export function makeToolbar(desk: Desk | null): Toolbar {
  const element = make("div", "nb-toolbar");
  const group = make("div", "nb-buttons", { role: "toolbar", "aria-label": "Run" });
  const forecast = make("span", "nb-forecast");
  const reason = make("span", "nb-reason");
  const others = make("span", "nb-others");
  const buttons = new Map<RunVerb, Button>();
  const keys: Record<string, () => void> = {};
  let isRunning = false;
  let isPausing = false;
  for (const { verb, key, ...made } of desk ? VERBS : []) {
    const act = verb === "pause" ? pause : () => desk!.act(verb);
    const button = makeButton({ ...made, kind: `nb-do-${verb}`, act });
    if (key) {
      keys[key] = button.press;
      button.element.setAttribute("aria-keyshortcuts", key);
    }
    buttons.set(verb, button);
    group.append(button.element);
  }
  element.append(group, forecast, reason, others);

  // What is at work finishes first, and until then the run says nothing of it.
  async function pause(): Promise<void> {
    isPausing = (await desk!.act("pause")) && isRunning;
    if (isPausing) say(reason, PAUSING);
  }

  function paint(run: RunFrame | undefined, next: string, marks: Marks | undefined): void {
    const can = run?.can;
    group.hidden = !can || !desk;
    for (const [verb, button] of buttons) button.allow(can?.[verb] ?? "");
    // Few runs ask for approvals: the button is there when one does.
    buttons.get("approve")?.show(can?.approve === "");
    say(forecast, next);
    isRunning = run?.status === "running";
    isPausing &&= isRunning;
    say(reason, isPausing ? PAUSING : (run?.reason ?? ""));
    element.classList.toggle("nb-long", (run?.reason ?? "").length > LONG);
    say(others, marks?.others?.length ? `stops ${marks.others.join(", ")}` : "");
  }

  return { element, keys, paint };
}
