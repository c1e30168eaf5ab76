// An arc around a task's icon: how much is done, or that something is.

import { SVG } from "./dom";

const RADIUS = 9.6;

export interface Ring {
  paint(running: boolean, fraction: number | null): void;
}

export function makeRing(node: SVGElement, icon: Element): Ring {
  const ring = node.querySelector(".nb-ring") ?? added(icon);

  function paint(running: boolean, fraction: number | null): void {
    ring.setAttribute("display", running ? "inline" : "none");
    ring.setAttribute("class", `nb-ring${fraction === null ? " nb-turning" : ""}`);
    ring.setAttribute("stroke-dasharray", `${fraction ?? 0.25} 1`);
  }

  return { paint };
}

function added(icon: Element): SVGElement {
  const circle = document.createElementNS(SVG, "circle");
  const parts = { cx: 18, cy: 14, r: RADIUS, fill: "none", pathLength: 1, "stroke-width": 2 };
  for (const [name, value] of Object.entries(parts)) circle.setAttribute(name, String(value));
  circle.setAttribute("transform", "rotate(-90 18 14)");
  icon.after(circle);
  return circle;
}
