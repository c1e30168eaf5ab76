// The inspector: one task, looked into.

import { NOT_CONNECTED, type Refusal } from "./commands";
import type { Details } from "./details";
import { icon, make, say, text } from "./dom";
import { type Editor, makeEditor } from "./editor";
import { CLOSE } from "./icons";
import { makeOpeners } from "./inner";
import { handled } from "./keys";
import { makeLooker } from "./looker";
import type { Scene } from "./scene";
import { makeSections } from "./sections";
import { ATTEMPTS, COST, REMARK, RUNNING, STATUS, TOKENS, WAIT } from "./state";
import { makeSubject } from "./subject";
import { makeVerbs } from "./verbs";

export interface Inspector {
  element: HTMLElement;
  open(place: number | null): void;
  /** Paint what the record tells, and look again where there may be more to tell. */
  update(): void;
  /** The plan is another one: find the task in it. Its place, or none. */
  replan(): number | null;
  tick(): void;
  close(): void;
}

export function makeInspector(scene: Scene): Inspector {
  const element = make("section", "nb-inspector tex2jax_ignore mathjax_ignore", {
    "aria-label": "Task",
  });
  const subject = makeSubject(scene);
  const verbs = scene.readonly ? null : makeVerbs(scene, edit);
  const closing = make("button", "nb-bare nb-close", { type: "button", "aria-label": "Close" });
  const body = make("div", "nb-body", { tabindex: 0, role: "group", "aria-label": "Details" });
  const note = make("div", "nb-hint", { role: "status" });
  const editing = make("div", "nb-editing");
  const openers = makeOpeners((run) => scene.openInner(run, name));
  const needs = make("div", "nb-needs");
  const description = make("div", "nb-description");
  const sections = makeSections();
  const looker = makeLooker(scene.desk, take, fail);
  const editors = new Map<string, Editor>(); // by id of their task
  let place: number | null = null;
  let name = "";
  let details: Details | null = null;
  let known = "";
  closing.append(icon(CLOSE));
  closing.addEventListener("click", () => scene.select(null));
  body.append(note, editing, openers.element, needs, description, sections.element);
  element.append(subject.element, closing, ...(verbs ? [verbs.element] : []), body);
  element.hidden = true;

  function open(at: number | null): void {
    place = at;
    element.hidden = at === null;
    if (at === null) {
      name = known = "";
      looker.want(null);
      return;
    }
    const id = scene.tasks()[at]![0];
    if (id !== name) forget();
    name = id;
    known = state(at);
    showEditor();
    paint();
    looker.want(at);
  }

  function forget(): void {
    details = null;
    subject.label([]);
    sections.clear();
    say(description, "");
    say(note, "");
    body.scrollTop = 0;
  }

  function paint(): void {
    if (place === null) return;
    subject.paint(place);
    verbs?.paint(place, details);
    openers.paint(scene.nested(place));
    paintNeeds(scene.needs(place));
  }

  function paintNeeds(places: number[]): void {
    const tasks = scene.tasks();
    const names = places.map((at) => tasks[at]?.[0] ?? "");
    if (needs.dataset.places === String(places)) return;
    needs.dataset.places = String(places);
    needs.replaceChildren(...(places.length ? [text("span", "after ")] : []));
    places.forEach((at, index) => {
      const link = text("button", names[index]!, "nb-link nb-code", { type: "button" });
      link.addEventListener("click", () => scene.select(at));
      needs.append(link);
    });
  }

  function take(now: Details): void {
    if (place === null || now.task !== place) return;
    details = now;
    const before = body.scrollTop;
    say(note, "");
    say(description, now.description);
    subject.label(now.labels ?? []);
    sections.show(now.html);
    body.scrollTop = before;
    paint();
  }

  function fail(why: Refusal): void {
    if (why.message !== NOT_CONNECTED) say(note, why.message);
  }

  // Seconds and a countdown go on by themselves, and so does what a task says at work.
  function state(at: number): string {
    const now = scene.record(at);
    const waits = (now[WAIT] ?? null) !== null;
    const said = now[STATUS] === RUNNING ? "" : now[REMARK];
    const told = [STATUS, TOKENS, COST, ATTEMPTS].map((index) => now[index]);
    // What can be done with a task depends on those that it needs.
    const needed = scene.needs(at).map((each) => scene.record(each)[STATUS]);
    return [...told, waits, said, scene.marks(at), scene.runStatus(), needed].join("|");
  }

  function update(): void {
    if (place === null) return;
    paint();
    if (editors.has(name) || known === state(place)) return;
    known = state(place);
    looker.want(place);
  }

  function replan(): number | null {
    if (element.hidden) return null;
    const at = scene.tasks().findIndex(([id]) => id === name);
    place = at < 0 ? null : at;
    delete needs.dataset.places;
    if (at >= 0) {
      say(note, "");
      paint();
      if (!editors.has(name)) looker.want(at);
    } else if (editors.has(name)) {
      say(note, "This task is not in the plan any more.");
      verbs?.paint(-1, null); // what has its place now is another task
    } else element.hidden = true;
    return place;
  }

  function edit(): void {
    if (!details || editors.has(name)) return;
    const id = name;
    const save = (args: object) => {
      const at = scene.tasks().findIndex((task) => task[0] === id);
      return scene.desk.ask("edit", { task: at, ...args });
    };
    const editor = makeEditor(details, save, () => endEdit(id));
    editors.set(id, editor);
    showEditor();
    body.scrollTop = 0;
    editor.focus();
  }

  function endEdit(id: string): void {
    const hadFocus = editing.matches(":focus-within");
    editors.delete(id);
    if (id !== name) return;
    showEditor();
    if (hadFocus) body.focus({ preventScroll: true });
    if (place !== null) looker.want(place);
    else scene.select(null);
  }

  function showEditor(): void {
    const editor = editors.get(name);
    if (editor?.element.parentElement === editing) return;
    editing.replaceChildren(...(editor ? [editor.element] : []));
  }

  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    handled(event);
    scene.select(null);
  });
  return {
    element,
    open,
    update,
    replan,
    tick: () => place !== null && subject.tick(place),
    close: looker.close,
  };
}
