// A saved run, as a page: the live view over what is in the page, with a slider.
// nbagents/display/report.py writes it.

import live from "./live";
import { makePlayer, type Moment, type Row } from "./player";
import { makeScrubber } from "./scrubber";
import type { Looks, Model, Picture, RunFrame, TaskRecord } from "./state";

const ONLY_LOOKS = "this is a saved page: it can be looked at, not changed";
const NOT_DRAWN = "a saved page has the whole graph only, no pictures of parts";
const AT_THE_END = "<p>As it was at the end of what is saved here:</p>";
const OTHER_PLAN = "the run had another plan at its end, and this page tells of that";

interface Data {
  run: string;
  looks: Looks;
  pictures: Picture[];
  places: number[][];
  rows: Row[];
  left_out: number;
  details: { id: string; agent: string; status: number; description: string; html: string }[];
  timeline: object;
}

interface Question {
  ask: string;
  number: string;
  task?: number;
}

function makeModel(data: Data) {
  const listeners = new Map<string, Set<(content: unknown) => void>>();
  const player = makePlayer(data.rows);
  let shown: Moment = player.moment(player.last);
  const finalPicture = shown.picture; // of the plan that details and timeline are of
  let position = player.last;
  let number = 1;
  const traits: Record<string, unknown> = {
    run: data.run,
    looks: data.looks,
    picture: data.pictures[shown.picture],
    snapshot: snapshot(),
    patch: { number: 0, tasks: {} },
    marks: { tasks: {}, others: [] },
    forecast: "",
    nested: {},
    readonly: true,
    // Times are those of the moment that is shown: no clock moves them on.
    frozen: true,
  };

  function snapshot(): object {
    const { run, elapsed, tasks } = shown;
    const no = ONLY_LOOKS;
    const can = { approve: no, resume: no, pause: no, step: no, stop: no };
    const whole: RunFrame = { ...run, elapsed, left: null, can };
    return { number, run: whole, tasks };
  }

  function emit(event: string, content?: unknown): void {
    for (const each of [...(listeners.get(event) ?? [])]) each(content);
  }

  /** Show another moment: as a patch where only tasks have changed. */
  function show(to: number): void {
    const before = shown;
    position = to;
    shown = player.moment(to);
    number += 1;
    traits.snapshot = snapshot();
    if (before.picture !== shown.picture) {
      traits.picture = data.pictures[shown.picture];
      emit("change:picture");
      emit("change:snapshot");
    } else {
      traits.patch = { number, tasks: changes(before.tasks, shown.tasks) };
      emit("change:patch");
    }
  }

  function answer({ ask, task }: Question): object {
    if (ask === "timeline") return timeline();
    if (ask === "look") return look(task ?? -1);
    return refused(ask === "draw" ? NOT_DRAWN : ONLY_LOOKS);
  }

  function timeline(): object {
    return shown.picture === finalPicture ? data.timeline : refused(OTHER_PLAN);
  }

  function look(task: number): object {
    const found = data.details[data.places[shown.picture]?.[task] ?? -1];
    if (!found) return refused(OTHER_PLAN);
    const no = ONLY_LOOKS;
    const verbs = [
      "approve",
      "refuse",
      "step",
      "resume",
      "retry",
      "edit",
      "skip",
      "replace",
      "break",
    ];
    const picture = data.pictures[shown.picture]!;
    const dependencies = picture.needs?.[task] ?? [];
    return {
      ...found,
      html: position < player.last ? AT_THE_END + found.html : found.html,
      task,
      version: picture.version,
      dependencies,
      can: Object.fromEntries(verbs.map((verb) => [verb, no])),
      agents: [],
      marks: [],
      result: { kind: "none", text: "", why: no },
      description_why: no,
    };
  }

  const model = {
    get: (name: string) => traits[name],
    on(event: string, callback: (content: unknown) => void): void {
      if (!listeners.has(event)) listeners.set(event, new Set());
      listeners.get(event)!.add(callback);
    },
    off: (event: string, callback: (content: unknown) => void) =>
      void listeners.get(event)?.delete(callback),
    send(content: unknown): void {
      const question = content as Question;
      const reply = { reply: question.number, ok: true, ...answer(question) };
      // Later, as from a kernel: whoever asks may not be ready to hear it yet.
      queueMicrotask(() => emit("msg:custom", reply));
    },
  };
  return { model: model as unknown as Model, player, show };
}

function refused(error: string): object {
  return { ok: false, error, notes: [] };
}

/** The records that are others than before; those of tasks that wait again are new ones. */
function changes(
  before: Record<string, TaskRecord>,
  now: Record<string, TaskRecord>,
): Record<string, TaskRecord | undefined> {
  const places = new Set([...Object.keys(before), ...Object.keys(now)]);
  const changed = [...places].filter((place) => before[place] !== now[place]);
  return Object.fromEntries(changed.map((place) => [place, now[place]]));
}

function begin(): void {
  const found = document.getElementById("nbagents-data")!.textContent!;
  const data = JSON.parse(found) as Data;
  const { model, player, show } = makeModel(data);
  const place = document.getElementById("nbagents-view")!;
  const words = (position: number) => data.rows[position]![2];
  const scrubber = makeScrubber({ times: player.times, words, leftOut: data.left_out }, show);
  live.render({ model, el: place });
  if (player.last > 0) place.prepend(scrubber.element);
}

/** On paper nothing can be unfolded. */
function unfoldForPrint(): void {
  const folded = () => document.querySelectorAll("#nbagents-still details:not([open])");
  let opened: Element[] = [];
  addEventListener("beforeprint", () => {
    opened = [...folded()];
    for (const each of opened) each.setAttribute("open", "");
  });
  addEventListener("afterprint", () => opened.forEach((each) => each.removeAttribute("open")));
}

const root = document.documentElement;
try {
  root.classList.add("nb-alive");
  begin();
  unfoldForPrint();
} catch (error) {
  // The static page below says the same.
  root.classList.remove("nb-alive");
  console.error(error);
}
