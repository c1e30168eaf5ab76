// Tabs: one panel of several is shown; arrow keys go from tab to tab.

import { make, text } from "./dom";

export interface Tabs {
  list: HTMLElement;
  choose(name: string): void;
}

export function makeTabs(
  label: string,
  panels: Record<string, HTMLElement>,
  chosen: (name: string) => void,
): Tabs {
  const list = make("div", "nb-tabs", { role: "tablist", "aria-label": label });
  const names = Object.keys(panels);
  // Each widget has a copy of this module, so no count of ours would tell them apart.
  const prefix = `nb-tab-${Math.random().toString(36).slice(2)}`;
  const tabs = new Map<string, HTMLElement>();
  for (const [name, panel] of Object.entries(panels)) {
    const id = `${prefix}-${tabs.size}`;
    const tab = text("button", name, "nb-tab", { type: "button", role: "tab", id });
    panel.id = `${id}-panel`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", id);
    tab.setAttribute("aria-controls", panel.id);
    tab.addEventListener("click", () => choose(name));
    tabs.set(name, tab);
    list.append(tab);
  }

  function choose(name: string): void {
    for (const [each, tab] of tabs) {
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
      panels[each]!.hidden = each !== name;
    }
    chosen(name);
  }

  list.addEventListener("keydown", (event) => {
    const at = names.findIndex((name) => tabs.get(name) === event.target);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: names.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    const name = names[(to + names.length) % names.length]!;
    choose(name);
    tabs.get(name)!.focus({ preventScroll: true });
    event.preventDefault();
    event.stopPropagation();
  });
  return { list, choose };
}
