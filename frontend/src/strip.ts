// What a view has to say of itself: what went wrong, and whether the kernel listens.

import type { Refusal } from "./commands";
import { icon, make, say, text } from "./dom";
import { CLOSE } from "./icons";

const BUSY = "The kernel is busy with a cell: this is done as soon as it listens.";
const LOST = "Not connected: this is how the run was last seen.";

export interface Strip {
  element: HTMLElement;
  fail(why: Refusal): void;
  clear(): void;
  busy(is: boolean): void;
  lost(): void;
}

export function makeStrip(): Strip {
  const element = make("div", "nb-strips");
  const notice = make("div", "nb-notice", { role: "status" });
  const alert = make("div", "nb-alert", { role: "alert" });
  const words = make("div", "nb-alert-words");
  const dismiss = make("button", "nb-bare", { type: "button", "aria-label": "Dismiss" });
  let isLost = false;
  dismiss.append(icon(CLOSE));
  dismiss.addEventListener("click", () => {
    clear();
    element.closest<HTMLElement>(".nb-view")?.focus({ preventScroll: true });
  });
  element.append(notice, alert);

  function fail({ message, notes }: Refusal): void {
    const lines = (notes ?? []).map((note) => text("div", note, "nb-note"));
    words.replaceChildren(text("div", message, "nb-fault"), ...lines);
    alert.replaceChildren(words, dismiss);
  }

  function clear(): void {
    alert.replaceChildren();
  }

  return {
    element,
    fail,
    clear,
    busy: (is) => {
      notice.classList.toggle("nb-passing", !isLost);
      say(notice, isLost ? LOST : is ? BUSY : "");
    },
    lost: () => {
      isLost = true;
      notice.classList.remove("nb-passing");
      say(notice, LOST);
    },
  };
}
