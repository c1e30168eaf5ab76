// Finds tasks: by words, and by the state they are in.

import { icon, make, say, text } from "./dom";
import { grouped, remark, stateLook } from "./format";
import { CLOSE, SEARCH } from "./icons";
import { handled } from "./keys";
import type { Scene } from "./scene";
import { STATUS } from "./state";

export interface Finder {
  element: HTMLElement;
  /** Show how many tasks are in each state, and look for tasks anew. */
  paint(counts: number[]): void;
  /** Say which tasks match, also if these are the same as before. */
  tell(): void;
  focus(): void;
}

export function makeFinder(scene: Scene, found: (places: number[] | null) => void): Finder {
  const element = make("div", "nb-finder", { role: "search" });
  const box = make("label", "nb-search");
  const input = make("input", "", {
    type: "text",
    placeholder: "Find tasks",
    "aria-label": "Find tasks by id, agent, state or message",
    "aria-keyshortcuts": "/",
    title: "By id, agent, state or message (/)",
    spellcheck: "false",
    autocomplete: "off",
  });
  const clearing = make("button", "nb-bare", { type: "button", "aria-label": "Clear" });
  const count = make("span", "nb-matches", { role: "status" });
  const chips = make("div", "nb-chips", { role: "group", "aria-label": "States" });
  const wanted = new Set<number>(); // states
  let last = "";
  clearing.append(icon(CLOSE));
  box.append(icon(SEARCH), input, clearing);
  element.append(box, chips, count);
  const states = scene.looks.tasks.map((look, status) => {
    const chip = make("button", `nb-chip nb-${look.name}`, {
      type: "button",
      "aria-pressed": "false",
      title: `Show the tasks that are ${look.label}`,
    });
    const words = text("span", "");
    chip.append(icon(look.icon), words);
    chip.addEventListener("click", () => {
      if (!wanted.delete(status)) wanted.add(status);
      chip.setAttribute("aria-pressed", String(wanted.has(status)));
      find();
    });
    chips.append(chip);
    return { chip, words, label: look.label };
  });

  function find(isNew = false): void {
    const words = input.value.trim().toLowerCase();
    const isActive = words !== "" || wanted.size > 0;
    const places = isActive ? [...scene.tasks().keys()].filter((at) => matches(at, words)) : null;
    clearing.hidden = input.value === "";
    const number = places?.length ?? 0;
    say(count, places ? `${grouped(number)} ${number === 1 ? "match" : "matches"}` : "");
    const now = String(places);
    if (now === last && !isNew) return;
    last = now;
    found(places);
  }

  function matches(place: number, words: string): boolean {
    const record = scene.record(place);
    if (wanted.size && !wanted.has(record[STATUS])) return false;
    if (!words) return true;
    const [id, agent] = scene.tasks()[place]!;
    const said = [id, agent, stateLook(scene.looks, record).label, remark(record)];
    return said.some((each) => each.toLowerCase().includes(words));
  }

  function paint(counts: number[]): void {
    element.hidden = scene.tasks().length < 2;
    states.forEach(({ chip, words, label }, status) => {
      const inUse = wanted.has(status) || document.activeElement === chip;
      chip.hidden = !counts[status] && !inUse;
      say(words, `${grouped(counts[status] ?? 0)} ${label}`);
    });
    find();
  }

  function clear(): void {
    input.value = "";
    find();
    input.focus();
  }

  input.addEventListener("input", () => find());
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !input.value) return;
    handled(event);
    clear();
  });
  clearing.addEventListener("click", clear);
  return { element, paint, tell: () => find(true), focus: () => input.focus() };
}
