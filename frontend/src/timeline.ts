// The timeline: a row a task, of which only those in sight exist.

import type { Desk } from "./desk";
import { make, say, text } from "./dom";
import type { Looks, Model } from "./state";
import { type Bar, barWords, ticks, tickWords, type Timeline, timelineWords } from "./timescale";
import { makeBarRow } from "./timerow";

const ROW = 27; // height of a row, in pixels; timeline.css says the same
const AGAIN = 1000; // milliseconds from one question to the next

export interface TimelineView {
  element: HTMLElement;
  /** Whether the tab is to be seen now. */
  shown(now: boolean): void;
  redraw(): void;
  paint(): void;
  tick(): void;
  show(place: number | null): void;
  close(): void;
}

export function makeTimeline(
  model: Model,
  looks: Looks,
  callbacks: { select(place: number): void; ask: Desk["ask"] },
): TimelineView {
  const element = make("div", "nb-panel nb-timeline");
  const words = make("p", "nb-timeline-words");
  const scroller = make("div", "nb-timeline-rows", {
    role: "listbox",
    tabindex: 0,
    "aria-label": "Timeline, a task a row",
  });
  const axis = make("div", "nb-axis", { "aria-hidden": "true" });
  const body = make("div", "nb-bars");
  const said = make("div", "nb-timeline-said", { role: "status" });
  const rows = new Map<number, HTMLElement>();
  const labels = looks.tasks.map((look) => look.label);
  const prefix = `nb-bar-${Math.random().toString(36).slice(2)}`;
  let line: Timeline = { start: 0, end: 0, now: false, bars: [], critical: [], slots: null };
  let bars: Bar[] = [];
  let visible = false;
  let asking = false;
  let asked = 0; // when, by the page's clock
  let version = 0; // answers of before a new plan are not shown
  let ran = false;
  let current: number | null = null;
  scroller.append(axis, body);
  element.append(words, legend(), scroller, said);

  const running = () => model.get("snapshot").run?.status === "running";
  const tasks = () => model.get("picture").tasks ?? [];

  async function refresh(): Promise<void> {
    if (asking) return;
    asking = true;
    ran = running();
    asked = performance.now();
    const mine = version;
    try {
      const answer = await callbacks.ask<Timeline>("timeline");
      if (mine === version) take(answer);
    } catch (error) {
      if (!bars.length) say(words, error instanceof Error ? error.message : String(error));
    } finally {
      asking = false;
    }
    if (mine !== version && visible) void refresh();
  }

  function take(answer: Timeline): void {
    line = answer;
    const start = ([, ready, tries]: Bar) => tries[0]?.[0] ?? ready ?? 0;
    bars = [...answer.bars].sort((a, b) => start(a) - start(b) || a[0] - b[0]);
    say(words, timelineWords(line, tasks()));
    body.style.height = `${bars.length * ROW}px`;
    paintAxis();
    paintRows(true);
  }

  function paintAxis(): void {
    const width = axis.clientWidth - label();
    const at = line.end > 0 ? ticks(line.end, width) : [0];
    const step = at[1] ?? line.end;
    axis.replaceChildren(
      ...at.map((second) => {
        const part = second / (line.end || 1);
        // The words of the last one would stick out at the right.
        const room = (1 - part) * width > 60;
        const tick = text("span", room ? tickWords(second, step) : "", "nb-tick");
        tick.style.setProperty("--nb-at", String(part));
        return tick;
      }),
    );
  }

  function label(): number {
    return parseFloat(getComputedStyle(scroller).getPropertyValue("--nb-label")) || 0;
  }

  function paintRows(all = false): void {
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - 5);
    const end = Math.min(bars.length, first + Math.ceil((scroller.clientHeight || 324) / ROW) + 10);
    for (const [at, row] of rows)
      if (all || at < first || at >= end) {
        row.remove();
        rows.delete(at);
      }
    for (let at = first; at < end; at++) {
      if (rows.has(at)) continue;
      const row = makeRow(at);
      rows.set(at, row);
      body.append(row);
    }
    paintCurrent();
  }

  function makeRow(at: number): HTMLElement {
    const bar = bars[at]!;
    const id = tasks()[bar[0]]?.[0] ?? "";
    const row = makeBarRow(looks, line, bar, id, barWords(bar, id, labels, line.end));
    row.style.top = `${at * ROW}px`;
    row.id = `${prefix}-${at}`;
    row.setAttribute("aria-posinset", String(at + 1));
    row.setAttribute("aria-setsize", String(bars.length));
    row.addEventListener("click", () => callbacks.select(bar[0]));
    return row;
  }

  function paintCurrent(): void {
    const at = bars.findIndex((bar) => bar[0] === current);
    for (const [each, row] of rows) row.setAttribute("aria-selected", String(each === at));
    if (rows.has(at)) scroller.setAttribute("aria-activedescendant", `${prefix}-${at}`);
    else scroller.removeAttribute("aria-activedescendant");
    const bar = bars[at];
    say(said, bar ? barWords(bar, tasks()[bar[0]]?.[0] ?? "", labels, line.end) : "");
  }

  function show(place: number | null): void {
    if (current === place) return;
    current = place;
    const at = bars.findIndex((bar) => bar[0] === place);
    if (visible && at >= 0) reveal(at);
    paintRows();
  }

  function reveal(at: number): void {
    const room = scroller.clientHeight - axis.offsetHeight;
    if (at * ROW < scroller.scrollTop) scroller.scrollTop = at * ROW;
    else if ((at + 1) * ROW > scroller.scrollTop + room) scroller.scrollTop = (at + 1) * ROW - room;
  }

  scroller.addEventListener("keydown", (event) => {
    const at = bars.findIndex((bar) => bar[0] === current);
    const last = bars.length - 1;
    const page = Math.max(1, Math.floor(scroller.clientHeight / ROW) - 2);
    const to = {
      ArrowUp: Math.max(0, at - 1),
      ArrowDown: Math.min(last, at + 1),
      PageUp: Math.max(0, at - page),
      PageDown: Math.min(last, at + page),
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    event.stopPropagation();
    callbacks.select(bars[to]![0]);
    show(bars[to]![0]);
  });
  scroller.addEventListener("scroll", () => paintRows(), { passive: true });
  const sized = new ResizeObserver(() => {
    if (!visible) return;
    paintAxis();
    paintRows();
  });
  sized.observe(scroller);

  return {
    element,
    shown: (now) => {
      visible = now;
      if (!now) return;
      if (!bars.length) say(words, "asking…");
      void refresh();
    },
    redraw: () => {
      version += 1;
      if (visible) void refresh();
    },
    paint: () => {
      // Its end is worth one more question.
      if (visible && ran && !running()) void refresh();
    },
    tick: () => {
      if (visible && running() && performance.now() - asked >= AGAIN) void refresh();
    },
    show,
    close: () => sized.disconnect(),
  };
}

function legend(): HTMLElement {
  const list = make("div", "nb-legend");
  for (const [kind, words] of [
    ["work", "at work"],
    ["wait", "ready, waiting"],
    ["work nb-critical", "critical path"],
  ] as const) {
    const entry = make("span");
    entry.append(make("span", `nb-sample nb-${kind}`), words);
    list.append(entry);
  }
  return list;
}
