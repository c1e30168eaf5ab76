// One row of the table.

import { icon, make, say, text } from "./dom";
import { duration, grouped, money, remark, type StateLook, stateLook } from "./format";
import {
  ATTEMPTS,
  BY,
  COMPLETED,
  COST,
  FRACTION,
  type Looks,
  type PictureTask,
  RUNNING,
  STATUS,
  type TaskRecord,
  TOKENS,
  taskSeconds,
} from "./state";

export interface Row {
  element: HTMLElement;
  paint(now: TaskRecord): void;
  tick(now: TaskRecord): void;
  /** Say when there is a breakpoint at the task. */
  paintMarks(when: string[]): void;
  select(isSelected: boolean): void;
}

export function makeRow(looks: Looks, task: PictureTask, place: number): Row {
  const [name, agentName] = task;
  const element = make("div", "nb-row", { role: "row", tabindex: -1, "data-place": place });
  const cell = (kind: string, words = "") => {
    const made = text("span", words, `nb-${kind}`, { role: "gridcell" });
    element.append(made);
    return made;
  };
  const state = cell("state");
  const id = cell("id", name);
  const agent = cell("agent", agentName);
  const progress = cell("done");
  const tries = cell("tries");
  const time = cell("time");
  const tokens = cell("tokens");
  const cost = cell("cost");
  const message = cell("remark");
  const bar = make("span", "nb-meter", { role: "progressbar", "aria-label": name });
  const fill = make("span", "nb-fill");
  bar.append(fill);
  progress.append(bar);
  id.title = name;
  let shown: StateLook | undefined;
  let dot: HTMLElement | undefined;
  let marked = "";

  function paintState(look: StateLook): void {
    element.className = `nb-row nb-${look.name}`;
    const dots = dot ? [dot] : [];
    state.replaceChildren(icon(look.icon), text("span", look.label, "nb-spoken"), ...dots);
    state.title = look.label;
    shown = look;
  }

  function paintProgress(now: TaskRecord): void {
    const running = now[STATUS] === RUNNING;
    const done = now[STATUS] === COMPLETED ? 1 : running ? now[FRACTION] : 0;
    bar.hidden = !running && now[STATUS] !== COMPLETED;
    bar.classList.toggle("nb-unknown", running && done === null);
    fill.style.width = done === null ? "" : `${100 * done}%`;
    if (done === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", String(Math.round(100 * done)));
  }

  function paint(now: TaskRecord): void {
    const look = stateLook(looks, now);
    if (shown !== look) paintState(look);
    paintProgress(now);
    say(agent, now[BY] ?? agentName);
    say(tries, now[ATTEMPTS] > 1 ? grouped(now[ATTEMPTS]) : "");
    say(tokens, now[TOKENS] ? grouped(now[TOKENS]) : "");
    say(cost, now[TOKENS] ? money(now[COST] ?? Number.NaN, "$?") : "");
    tick(now);
  }

  function tick(now: TaskRecord): void {
    const span = taskSeconds(now);
    say(time, span === null ? "" : duration(span));
    const words = remark(now);
    if (message.textContent === words) return;
    message.textContent = words;
    message.title = words;
  }

  function paintMarks(when: string[]): void {
    if (String(when) === marked) return;
    marked = String(when);
    dot?.remove();
    dot = when.length ? markDot(when) : undefined;
    if (dot) state.append(dot);
  }

  const select = (isSelected: boolean) => element.setAttribute("aria-selected", String(isSelected));
  return { element, paint, tick, paintMarks, select };
}

/** A red dot: here it stops. */
export function markDot(when: string[]): HTMLElement {
  const words = `Breakpoint: ${when.join(", ")}`;
  return make("span", "nb-dot", { role: "img", "aria-label": words, title: words });
}
