// A slider over what happened, with buttons to play it and to go event by event.

import { icon, make, say, text } from "./dom";
import { duration, grouped } from "./format";

const LONGEST = 2; // seconds; a longer wait is cut to this when it is played
const SHORTEST = 6; // seconds that the whole takes, at least
const SPEEDS = [1, 2, 4, 8, 16];
const ICONS = {
  play: "M4 2.5v11l9-5.5z",
  pause: "M3.5 2.5h3.2v11H3.5zM9.3 2.5h3.2v11H9.3z",
  back: "M3 2.5h2v11H3zM13 2.5v11L5.5 8z",
  forward: "M11 2.5h2v11h-2zM3 2.5v11L10.5 8z",
};

export interface Scrubber {
  element: HTMLElement;
}

interface Film {
  times: number[];
  words(position: number): string;
  leftOut: number;
}

export function makeScrubber(film: Film, show: (position: number) => void): Scrubber {
  const last = film.times.length - 1;
  const clock = played(film.times);
  const element = make("div", "nb-scrubber", { role: "group", "aria-label": "What happened" });
  const back = button("back", "One event back");
  const play = button("play", "Play");
  const forward = button("forward", "One event on");
  const slider = make("input", "nb-slider", { type: "range", "aria-label": "Moment of the run" });
  const speed = make("select", "nb-speed", { "aria-label": "Speed" });
  const label = make("output", "nb-moment");
  let position = last;
  let frame = 0; // of an animation: it plays
  slider.min = "0";
  slider.max = String(last);
  speed.title = "Long waits are shortened, and short runs are slowed down";
  speed.append(...SPEEDS.map((each) => text("option", `${each}×`, "", { value: each })));
  element.append(back, play, forward, slider, speed, label);

  function paint(): void {
    const number = `${grouped(position + 1)} of ${grouped(last + 1)}`;
    const words = [duration(film.times[position]!), number, film.words(position)].join(" · ");
    slider.value = String(position);
    slider.setAttribute("aria-valuetext", words);
    say(label, words);
    label.title = film.leftOut ? `${grouped(film.leftOut)} events before these are left out` : "";
    back.disabled = position === 0;
    forward.disabled = position === last;
  }

  function go(to: number): void {
    const next = Math.min(Math.max(to, 0), last);
    if (next === position) return;
    position = next;
    show(position);
    paint();
  }

  function paintPlay(): void {
    const name = frame ? "Pause" : "Play";
    play.replaceChildren(icon(frame ? ICONS.pause : ICONS.play));
    play.setAttribute("aria-label", name);
    play.title = name;
  }

  function stop(): void {
    cancelAnimationFrame(frame);
    frame = 0;
    paintPlay();
  }

  function start(): void {
    if (position === last) go(0);
    let before = performance.now();
    let at = clock[position]!;
    const step = (now: number) => {
      at += (Math.max(0, now - before) / 1000) * Number(speed.value);
      before = now;
      let next = position;
      while (next < last && clock[next + 1]! <= at) next += 1;
      go(next);
      if (position === last) stop();
      else frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    paintPlay();
  }

  function by(step: number): void {
    stop();
    go(position + step);
  }

  back.addEventListener("click", () => by(-1));
  forward.addEventListener("click", () => by(1));
  play.addEventListener("click", () => (frame ? stop() : start()));
  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });
  document.addEventListener("keydown", (event) => {
    // Elsewhere on the page these keys have a meaning of their own.
    if (event.target !== document.body || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    by(step);
  });
  paint();
  paintPlay();
  return { element };
}

function button(name: keyof typeof ICONS, label: string): HTMLButtonElement {
  const made = make("button", "nb-small", { type: "button", "aria-label": label, title: label });
  made.append(icon(ICONS[name]));
  return made;
}

/** When each moment comes while it is played, in seconds. */
function played(times: number[]): number[] {
  let sum = 0;
  const clock = times.map((at, n) => (sum += n ? Math.min(LONGEST, at - times[n - 1]!) : 0));
  const least = Math.min(SHORTEST, times.length * 0.4);
  if (sum >= least) return clock;
  // Evenly, where all of it happened in next to no time.
  return clock.map((at, n) => at + ((least - sum) * n) / Math.max(1, times.length - 1));
}
