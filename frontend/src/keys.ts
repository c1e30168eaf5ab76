// Keys in a view. A notebook listens to keys as well: what is meant for the view ends here,
// and everything else goes on to the notebook.

const TYPED = "input, textarea, select, [contenteditable]";
const PRESSED = "button, summary, a, select";
const OF_CONTROLS = new Set(["Enter", " ", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);

/** Call what belongs to a key that is pressed in `element`, but not while a person types. */
export function listenToKeys(element: HTMLElement, keys: Record<string, () => void>): void {
  element.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return event.stopPropagation();
    const target = event.target as Element;
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
    const act = plain && !target.closest(TYPED) && Object.hasOwn(keys, event.key);
    if (act) {
      handled(event);
      keys[event.key]!();
    } else if (isForControl(event, target, plain)) event.stopPropagation();
  });
}

export function handled(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

function isForControl(event: KeyboardEvent, target: Element, plain: boolean): boolean {
  // A select finds its options by letters.
  if (target.closest(TYPED)) return plain || event.key === "Enter";
  return plain && target.closest(PRESSED) !== null && OF_CONTROLS.has(event.key);
}
