// Zoom and pan: by the width of the drawing in the box that scrolls it, so that text
// stays sharp and the page's own wheel scrolls on as usual.

import { make, text } from "./dom";

const SMALLEST = 0.6; // what a graph is shrunk to by itself, at most
const TALLEST = 460; // pixels of the box, as in graph.css
const READABLE = 0.8; // what it is shrunk to so that no row of boxes is below the edge
const LEAST = 0.1;
const MOST = 4;
const STEP = 1.25;
const SLACK = 4; // pixels that a hand may move in a click

export interface Zoom {
  /** Where the person zooms with the pointer: beside the graph, so it hides no box. */
  buttons: HTMLElement;
  /** Of the drawing's own size; null where the width of the cell decides. */
  scale: number | null;
  set(scale: number | null): void;
  close(): void;
}

export function makeZoom(element: HTMLElement, scroller: HTMLElement, drawing: SVGElement): Zoom {
  const width = Number(drawing.getAttribute("width"));
  const height = Number(drawing.getAttribute("height"));
  const buttons = make("div", "nb-zoom", { role: "group", "aria-label": "Zoom" });
  const listening = new AbortController();
  const zoom: Zoom = { buttons, scale: null, set, close: () => listening.abort() };
  const options = { signal: listening.signal };
  let anchor: { x: number; y: number; across: number; down: number } | undefined;

  function set(scale: number | null): void {
    zoom.scale = scale === null ? null : Math.min(MOST, Math.max(LEAST, scale));
    drawing.style.width =
      zoom.scale === null ? `min(100%, ${width * whole()}px)` : `${width * zoom.scale}px`;
    drawing.style.minWidth = zoom.scale === null ? `${SMALLEST * width}px` : "0";
  }

  function current(): number {
    return drawing.getBoundingClientRect().width / width || 1;
  }

  /** Zoom by a factor; the point of the drawing at (x, y) of the window stays there. */
  function by(factor: number, x: number, y: number): void {
    const before = drawing.getBoundingClientRect();
    // While the drawing is smaller than its box nothing can be scrolled, and the point
    // moves: it comes back when there is room, if the pointer still is where it was.
    if (x !== anchor?.x || y !== anchor.y) {
      const part = (at: number, start: number, size: number) => (at - start) / size;
      const across = part(x, before.left, before.width);
      anchor = { x, y, across, down: part(y, before.top, before.height) };
    }
    set(current() * factor);
    const after = drawing.getBoundingClientRect();
    scroller.scrollLeft += after.left + anchor.across * after.width - x;
    scroller.scrollTop += after.top + anchor.down * after.height - y;
  }

  function byStep(factor: number): void {
    const { left, top, width, height } = scroller.getBoundingClientRect();
    by(factor, left + width / 2, top + height / 2);
  }

  /** The scale at which the whole height is seen; 1 where that could not be read. */
  function whole(): number {
    const scale = Math.min(1, TALLEST / height);
    return scale < READABLE ? 1 : scale;
  }

  function fit(): void {
    set(Math.min(1, scroller.clientWidth / width, TALLEST / height));
  }

  const button = (sign: string, label: string, act: () => void) => {
    const made = text("button", sign, "nb-small", { type: "button", "aria-label": label });
    made.title = label;
    made.addEventListener("click", act);
    buttons.append(made);
  };
  button("−", "Zoom out (-)", () => byStep(1 / STEP));
  button("fit", "Fit the whole graph (0)", fit);
  button("+", "Zoom in (+)", () => byStep(STEP));

  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") byStep(STEP);
    else if (event.key === "-") byStep(1 / STEP);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const onWheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.metaKey) return; // The page scrolls.
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const turned = Math.max(-120, Math.min(120, event.deltaY * lines));
    by(Math.exp(-turned / 250), event.clientX, event.clientY);
  };
  const forget = () => (anchor = undefined);
  for (const moving of ["pointermove", "keydown"])
    scroller.addEventListener(moving, forget, options);
  scroller.addEventListener("wheel", onWheel, { ...options, passive: false });
  drag(scroller, options);
  pinch(scroller, by, options);
  set(null);
  return zoom;
}

function drag(scroller: HTMLElement, options: AddEventListenerOptions): void {
  let from: { x: number; y: number; left: number; top: number } | undefined;
  let moved = false;
  const down = (event: PointerEvent) => {
    if (event.button || event.pointerType === "touch") return; // A finger scrolls.
    const { scrollLeft: left, scrollTop: top } = scroller;
    from = { x: event.clientX, y: event.clientY, left, top };
    moved = false;
  };
  const move = (event: PointerEvent) => {
    if (!from) return;
    if (!event.buttons) return up();
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!moved && Math.hypot(dx, dy) < SLACK) return;
    if (!moved) scroller.setPointerCapture(event.pointerId);
    moved = true;
    scroller.classList.add("nb-panning");
    scroller.scrollTo(from.left - dx, from.top - dy);
  };
  const up = () => {
    from = undefined;
    scroller.classList.remove("nb-panning");
  };
  const click = (event: MouseEvent) => {
    if (moved) event.stopPropagation(); // It was the end of a drag.
    moved = false;
  };
  scroller.addEventListener("pointerdown", down, options);
  scroller.addEventListener("pointermove", move, options);
  scroller.addEventListener("pointerup", up, options);
  scroller.addEventListener("pointercancel", up, options);
  scroller.addEventListener("click", click, { ...options, capture: true });
}

function pinch(
  scroller: HTMLElement,
  by: (factor: number, x: number, y: number) => void,
  options: AddEventListenerOptions,
): void {
  const fingers = new Map<number, PointerEvent>();
  const apart = (): number => {
    const [one, other] = [...fingers.values()];
    return Math.hypot(one!.clientX - other!.clientX, one!.clientY - other!.clientY) || 1;
  };
  const move = (event: PointerEvent) => {
    if (!fingers.has(event.pointerId)) return;
    const before = fingers.size === 2 ? apart() : 0;
    fingers.set(event.pointerId, event);
    if (!before) return;
    const [one, other] = [...fingers.values()];
    const middle = (a: number, b: number) => (a + b) / 2;
    const x = middle(one!.clientX, other!.clientX);
    by(apart() / before, x, middle(one!.clientY, other!.clientY));
  };
  const down = (event: PointerEvent) => {
    if (event.pointerType === "touch") fingers.set(event.pointerId, event);
  };
  const up = (event: PointerEvent) => fingers.delete(event.pointerId);
  scroller.addEventListener("pointerdown", down, options);
  scroller.addEventListener("pointermove", move, options);
  for (const end of ["pointerup", "pointercancel", "pointerleave"] as const)
    scroller.addEventListener(end, up, options);
}

/** Scroll `node` into view within its scroller, and nothing else of the page. */
export function keepInSight(scroller: HTMLElement, node: Element): void {
  const [inner, outer] = [node.getBoundingClientRect(), scroller.getBoundingClientRect()];
  const right = outer.left + scroller.clientWidth;
  const bottom = outer.top + scroller.clientHeight;
  scroller.scrollLeft += beyond(inner.left, inner.right, outer.left, right);
  scroller.scrollTop += beyond(inner.top, inner.bottom, outer.top, bottom);
}

const MARGIN = 12;

function beyond(start: number, end: number, from: number, to: number): number {
  if (start < from + MARGIN) return start - from - MARGIN;
  return end > to - MARGIN ? Math.min(end - to + MARGIN, start - from - MARGIN) : 0;
}
