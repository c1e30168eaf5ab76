// The table: a row a task, of which only those in sight exist, and the one that keys go to.

import { make, text } from "./dom";
import { handled } from "./keys";
import { makeRow, type Row } from "./row";
import type { Scene } from "./scene";

const STILL = { preventScroll: true };
const ROW = 27; // height of a row, in pixels; table.css says the same
const COLUMNS = ["State", "Task", "Agent", "Done", "Tries", "Time", "Tokens", "Cost", "Message"];

export interface Table {
  element: HTMLElement;
  paint(place: number): void;
  paintMarks(): void;
  /** Show which task is looked into, or none. */
  select(place: number | null): void;
  /** The plan is another one, in which `place` is looked into: rows of its tasks stay. */
  replan(place: number | null): void;
  /** Have a task in sight, and the keys go to it. */
  focus(place: number): void;
  /** Show these tasks only, or all. */
  filter(places: number[] | null): void;
  tick(): void;
  close(): void;
}

export function makeTable(scene: Scene): Table {
  let tasks = scene.tasks();
  const element = make("div", "nb-table", { role: "grid", "aria-label": "Tasks" });
  const head = make("div", "nb-row nb-names", { role: "row", "aria-rowindex": 1 });
  head.append(...COLUMNS.map((name) => text("span", name, "", { role: "columnheader" })));
  const body = make("div", "nb-rows", { role: "rowgroup" });
  element.append(head, body);
  const rows = new Map<number, Row>();
  let order: number[];
  let current: number | undefined; // the place that keys go to
  let selected: number | null = null;

  function filter(places: number[] | null): void {
    const hadFocus = body.contains(document.activeElement);
    order = places ?? [...tasks.keys()];
    body.style.height = `${order.length * ROW}px`;
    element.setAttribute("aria-rowcount", String(order.length + 1));
    if (current === undefined || !order.includes(current)) moveTo(nextTo(current ?? 0));
    showRowsInSight();
    if (hadFocus && current !== undefined) rows.get(current)?.element.focus(STILL);
  }

  /** Of the tasks that are shown, the first from `place` on, or the last. */
  function nextTo(place: number): number | undefined {
    return order.find((at) => at >= place) ?? order.at(-1);
  }

  function showRowsInSight(): void {
    const first = Math.max(0, Math.floor(element.scrollTop / ROW) - 5);
    const end = first + Math.ceil((element.clientHeight || 12 * ROW) / ROW) + 10;
    const wanted = new Map<number, number>();
    for (let index = first; index < Math.min(end, order.length); index++)
      wanted.set(order[index]!, index);
    // A row with the focus stays, however far it is scrolled.
    if (current !== undefined) wanted.set(current, order.indexOf(current));
    for (const [place, row] of rows) {
      if (wanted.has(place)) continue;
      row.element.remove();
      rows.delete(place);
    }
    for (const [place, index] of wanted) put(place, index);
  }

  function put(place: number, index: number): void {
    const row = rows.get(place) ?? added(place);
    row.element.style.top = `${index * ROW}px`;
    row.element.setAttribute("aria-rowindex", String(index + 2));
  }

  function added(place: number): Row {
    const row = makeRow(scene.looks, tasks[place]!, place);
    rows.set(place, row);
    row.paint(scene.record(place));
    row.paintMarks(scene.marks(place));
    row.select(place === selected);
    row.element.tabIndex = place === current ? 0 : -1;
    body.append(row.element);
    return row;
  }

  function moveTo(place: number | undefined): void {
    if (current !== undefined && rows.has(current)) rows.get(current)!.element.tabIndex = -1;
    current = place;
    if (place === undefined) return;
    if (!rows.has(place)) put(place, order.indexOf(place));
    rows.get(place)!.element.tabIndex = 0;
  }

  function focus(place: number): void {
    const index = order.indexOf(place);
    if (index < 0) return;
    if (place !== current) moveTo(place);
    reveal(index);
    rows.get(place)!.element.focus(STILL);
  }

  function reveal(index: number): void {
    const room = element.clientHeight - head.offsetHeight;
    const top = index * ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW > element.scrollTop + room) element.scrollTop = top + ROW - room;
    showRowsInSight();
  }

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || current === undefined) return;
    const at = order.indexOf(current);
    const page = Math.max(1, Math.floor(element.clientHeight / ROW) - 2);
    const last = order.length - 1;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const ends = { Home: 0, End: last };
    const step = steps[event.key as keyof typeof steps];
    const to = ends[event.key as keyof typeof ends] ?? (step === undefined ? null : at + step);
    if (event.key === "Enter" || event.key === " ") scene.select(current);
    else if (event.key === "Escape" && selected !== null) scene.select(null);
    else if (to !== null) focus(order[Math.min(last, Math.max(0, to))]!);
    else return;
    handled(event);
  }

  function select(place: number | null): void {
    for (const at of [selected, place]) if (at !== null) rows.get(at)?.select(at === place);
    selected = place;
    if (place === null || !order.includes(place)) return;
    moveTo(place);
    if (element.clientHeight) reveal(order.indexOf(place));
  }

  function replan(place: number | null): void {
    const before = tasks;
    tasks = scene.tasks();
    const places = new Map(tasks.map((task, at) => [String(task.slice(0, 2)), at]));
    const old = [...rows];
    const moved = (at: number) => places.get(String(before[at]!.slice(0, 2)));
    const was = current;
    const hadFocus = body.contains(document.activeElement);
    rows.clear();
    for (const [at, row] of old) {
      const now = moved(at);
      if (now === undefined) row.element.remove();
      else keep(row, now);
    }
    element.hidden = tasks.length === 0;
    const last = tasks.length - 1;
    current = was === undefined || last < 0 ? undefined : (moved(was) ?? Math.min(was, last));
    selected = place;
    for (const [at, row] of rows) row.select(at === place);
    filter(null);
    if (current === undefined) return;
    moveTo(current);
    if (hadFocus) rows.get(current)!.element.focus(STILL);
  }

  function keep(row: Row, place: number): void {
    rows.set(place, row);
    row.element.dataset.place = String(place);
  }

  body.addEventListener("click", (event) => {
    const row = (event.target as Element).closest<HTMLElement>(".nb-row");
    if (!row) return;
    const place = Number(row.dataset.place);
    focus(place);
    scene.select(place);
  });
  body.addEventListener("keydown", onKey);
  const sized = new ResizeObserver(showRowsInSight);
  sized.observe(element);
  element.addEventListener("scroll", showRowsInSight, { passive: true });
  replan(null);
  return {
    element,
    paint: (place) => rows.get(place)?.paint(scene.record(place)),
    paintMarks: () => rows.forEach((row, place) => row.paintMarks(scene.marks(place))),
    select,
    replan,
    focus,
    filter,
    tick: () => rows.forEach((row, place) => row.tick(scene.record(place))),
    close: () => sized.disconnect(),
  };
}
