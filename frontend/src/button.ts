// Buttons. One that cannot be used can still be reached, and says why.

import { icon, make, text } from "./dom";

export interface Button {
  element: HTMLButtonElement;
  /** Enable it where `why` is empty; it tells `why` otherwise. */
  allow(why: string): void;
  show(is: boolean): void;
  press(): void;
}

interface Made {
  label: string;
  icon?: string;
  kind?: string;
  title: string;
  act: () => unknown;
}

export function makeButton({ label, icon: path, kind = "", title, act }: Made): Button {
  const element = make("button", `nb-button ${kind}`, { type: "button", title });
  element.setAttribute("aria-label", label);
  if (path) element.append(icon(path));
  element.append(text("span", label, "nb-label"));
  element.addEventListener("click", press);
  let refused = "";

  function allow(why: string): void {
    if (why === refused) return;
    refused = why;
    element.setAttribute("aria-disabled", String(why !== ""));
    element.title = why ? `${label}: ${why}` : title;
    if (why) element.setAttribute("aria-description", why);
    else element.removeAttribute("aria-description");
  }

  // Pressed until there is an answer, and only once.
  async function press(): Promise<void> {
    if (refused || element.ariaBusy === "true") return;
    const answer = act();
    if (!(answer instanceof Promise)) return;
    element.ariaBusy = "true";
    await answer.catch(() => null);
    element.ariaBusy = "false";
  }

  const show = (is: boolean) => {
    element.hidden = !is;
  };
  return { element, allow, show, press };
}
