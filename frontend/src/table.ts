// The table: a row a task, of which only those in sight exist.

import { make, text } from "./dom";
import { makeRow, type Row } from "./row";
import type { Looks, PictureTask, TaskRecord } from "./state";

const ROW = 27; // height of a row, in pixels; table.css says the same
const COLUMNS = ["State", "Task", "Agent", "Done", "Tries", "Time", "Tokens", "Cost", "Message"];

export interface Table {
  element: HTMLElement;
  paint(place: number): void;
  tick(): void;
  close(): void;
}

export function makeTable(
  looks: Looks,
  tasks: PictureTask[],
  record: (place: number) => TaskRecord,
): Table {
  const element = make("div", "nb-table", {
    role: "table",
    tabindex: 0,
    "aria-label": "Tasks",
    "aria-rowcount": tasks.length + 1,
  });
  const head = make("div", "nb-row nb-names", { role: "row", "aria-rowindex": 1 });
  head.append(...COLUMNS.map((name) => text("span", name, "", { role: "columnheader" })));
  const body = make("div", "nb-rows", { role: "rowgroup" });
  body.style.height = `${tasks.length * ROW}px`;
  element.append(head, body);
  element.hidden = tasks.length === 0;
  const rows = new Map<number, Row>();

  function showRowsInSight(): void {
    const first = Math.max(0, Math.floor(element.scrollTop / ROW) - 5);
    const end = first + Math.ceil((element.clientHeight || 12 * ROW) / ROW) + 10;
    for (const [place, row] of rows) {
      if (place >= first && place < end) continue;
      row.element.remove();
      rows.delete(place);
    }
    for (let place = first; place < Math.min(end, tasks.length); place++) {
      if (rows.has(place)) continue;
      const row = makeRow(looks, tasks[place]!, place, place * ROW);
      rows.set(place, row);
      body.append(row.element);
      row.paint(record(place));
    }
  }

  const sized = new ResizeObserver(showRowsInSight);
  sized.observe(element);
  element.addEventListener("scroll", showRowsInSight, { passive: true });
  showRowsInSight();
  return {
    element,
    paint: (place) => rows.get(place)?.paint(record(place)),
    tick: () => {
      for (const [place, row] of rows) row.tick(record(place));
    },
    close: () => sized.disconnect(),
  };
}
