// Corrects a task by hand. What is typed stays until it is saved or cancelled.

import { makeButton } from "./button";
import type { Refusal } from "./commands";
import type { Details } from "./details";
import { make, text } from "./dom";
import { makeField } from "./field";
import { makeSelect } from "./forms";
import { handled } from "./keys";

export interface Editor {
  element: HTMLElement;
  focus(): void;
}

/** `save` sends one correction; `end` is called when there is nothing left to save. */
export function makeEditor(
  details: Details,
  save: (args: object) => Promise<unknown>,
  end: () => void,
): Editor {
  const element = make("form", "nb-editor", { "aria-label": "Edit" });
  const kind = makeSelect("The result is", [
    ["text", "text"],
    ["json", "JSON"],
  ]);
  kind.value = details.result.kind === "json" ? "json" : "text";
  const result = makeField("Result", details.result.text, details.result.why, kind);
  const description = makeField("Description", details.description, details.description_why);
  const fault = make("div", "nb-fault", { role: "alert" });
  const asking = make("div", "nb-asking", { role: "alert" });
  const saving = makeButton({
    label: "Save",
    kind: "nb-lesser nb-primary",
    title: "Save (Ctrl+Enter)",
    act: submit,
  });
  const cancelling = makeButton({
    label: "Cancel",
    kind: "nb-lesser",
    title: "Leave it as it was",
    act: end,
  });
  const actions = make("div", "nb-actions");
  const hint = text("span", "What was made from it will run again.", "nb-hint");
  actions.append(saving.element, cancelling.element, hint);
  element.append(result.element, description.element, fault, asking, actions);

  const changed = () => result.changed() || description.changed();

  async function submit(): Promise<void> {
    fault.replaceChildren();
    asking.replaceChildren();
    try {
      await saveChanges();
      if (!changed()) end(); // Somebody may have typed on in the meantime.
    } catch (why) {
      const { message, notes = [] } = why as Refusal;
      const lines = notes.map((note) => text("div", note, "nb-note"));
      fault.replaceChildren(text("div", message), ...lines);
      fault.scrollIntoView({ block: "nearest" });
    }
  }

  // All in one: what is refused has changed nothing.
  async function saveChanges(): Promise<void> {
    const said = description.changed() ? description.taken() : null;
    const made = result.changed() ? result.taken() : null;
    if (!said && !made) return;
    await save({
      ...(said && { description: said.words }),
      ...(made && { result: made.words, kind: kind.value }),
    });
    said?.keep();
    made?.keep();
  }

  function leave(): void {
    if (!changed()) return end();
    const drop = makeButton({ label: "Discard", kind: "nb-lesser", title: "Discard", act: end });
    const stay = makeButton({
      label: "Go on editing",
      kind: "nb-lesser",
      title: "Go on editing",
      act: () => {
        asking.replaceChildren();
        focus();
      },
    });
    asking.replaceChildren(text("span", "Discard what you typed?"), stay.element, drop.element);
    stay.element.focus();
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      handled(event);
      leave();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      handled(event); // A notebook would run the cell.
      saving.press();
    } else if (event.key === "Enter" && event.shiftKey) event.stopPropagation();
  }

  function focus(): void {
    (result.input ?? description.input ?? saving.element).focus();
  }

  element.addEventListener("keydown", onKey);
  element.addEventListener("submit", (event) => event.preventDefault());
  return { element, focus };
}
