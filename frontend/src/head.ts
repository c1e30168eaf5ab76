// The head: where the run stands as a whole.

import { icon, make, say, text } from "./dom";
import { duration, grouped, money, progressWords, roughly } from "./format";
import { COMPLETED, FAILED, type Looks, type Snapshot, seconds } from "./state";

export interface Head {
  element: HTMLElement;
  paint(snapshot: Snapshot, counts: number[], tokens: number, cost: number): void;
  tick(snapshot: Snapshot): void;
}

export function makeHead(looks: Looks): Head {
  const state = make("span", "nb-state");
  const bar = make("div", "nb-progress", { role: "progressbar", "aria-valuemin": 0 });
  const shares = looks.tasks.map((look) => make("span", `nb-share nb-${look.name}`));
  const count = make("span", "nb-count");
  const elapsed = make("span", "nb-elapsed");
  const left = make("span", "nb-left");
  const used = make("span", "nb-tokens");
  const limits = make("span", "nb-limits");
  const model = make("span", "nb-tag");
  const spoken = make("div", "nb-spoken", { role: "status" });
  const line = make("div", "nb-line");
  bar.append(...shares);
  line.append(state, count, elapsed, left, used, limits, model);
  const element = make("div", "nb-head");
  element.append(line, bar, spoken);

  function paint(snapshot: Snapshot, counts: number[], tokens: number, cost: number): void {
    const run = snapshot.run;
    if (!run) return; // the run is gone, and this view is about to be
    const look = looks.runs[run.status]!;
    const words = run.planning ? "planning…" : progressWords(looks, counts);
    state.className = `nb-state nb-${run.status}`;
    if (state.textContent !== look.label)
      state.replaceChildren(icon(look.icon), text("span", look.label));
    say(count, words);
    const spent = [`${grouped(tokens)} tokens`, money(cost, "cost unknown")];
    say(used, tokens ? spent.filter(Boolean).join(" · ") : "");
    say(limits, (run.limits ?? []).join(" · "));
    say(model, run.model);
    shares.forEach((share, status) => {
      share.style.flexGrow = String(counts[status]);
    });
    bar.setAttribute("aria-valuemax", String(counts.reduce((a, b) => a + b, 0)));
    bar.setAttribute("aria-valuenow", String(counts[COMPLETED]));
    bar.setAttribute("aria-label", `Progress: ${words}`);
    say(spoken, [look.label, run.reason, counts[FAILED] && words].filter(Boolean).join(", "));
    tick(snapshot);
  }

  function tick({ run, received }: Snapshot): void {
    if (!run) return;
    const since = run.status === "running" ? seconds() - (received ?? seconds()) : 0;
    say(elapsed, run.elapsed === null ? "" : duration(run.elapsed + since));
    const rest = run.left ?? null;
    say(left, rest === null ? "" : `about ${roughly(rest - since)} left`);
  }

  return { element, paint, tick };
}
