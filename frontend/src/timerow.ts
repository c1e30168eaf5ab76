// One row of the timeline: a label, a thin line while the task waits, a bar for each try.

import { icon, make, text } from "./dom";
import { FAILED, type Looks, PENDING } from "./state";
import { type Bar, type Timeline, waited } from "./timescale";

export function makeBarRow(
  looks: Looks,
  line: Timeline,
  bar: Bar,
  id: string,
  words: string,
): HTMLElement {
  const [place, , tries] = bar;
  const last = tries.at(-1)?.[2] ?? PENDING;
  const critical = line.critical.includes(place);
  const row = make("div", `nb-bar-row nb-${looks.tasks[last]!.name}`, { role: "option" });
  row.setAttribute("aria-label", words + (critical ? "; on the critical path" : ""));
  row.title = words;
  row.dataset.place = String(place);
  const label = make("span", "nb-bar-label");
  label.append(icon(looks.tasks[last]!.icon), text("span", id, "nb-bar-id"));
  const track = make("span", "nb-track");
  const wait = waited(bar, line.end);
  if (wait) track.append(piece("nb-wait", ...wait));
  for (const [from, to, status] of tries) {
    const name = looks.tasks[status]!.name;
    const kinds = ["nb-work", `nb-${name}`, critical && status !== FAILED ? "nb-critical" : ""];
    track.append(piece(kinds.filter(Boolean).join(" "), from, to ?? line.end));
  }
  row.append(label, track);
  return row;

  function piece(kinds: string, from: number, to: number): HTMLElement {
    const made = make("span", kinds);
    const whole = line.end || 1;
    made.style.left = `${(100 * from) / whole}%`;
    made.style.width = `${(100 * Math.max(0, to - from)) / whole}%`;
    return made;
  }
}
