// Going from box to box with the keyboard: one of them is in the order of the page's
// keys, arrows go along the graph's arrows, or to what is nearest in that direction.

import { keepInSight } from "./zoom";

export interface Walk {
  /** Make `node` the one that the keyboard comes to. */
  stand(node: SVGElement): void;
  focus(): void;
}

type Point = [x: number, y: number];

const WAYS: Record<string, Point> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function makeWalk(
  drawing: SVGElement,
  scroller: HTMLElement,
  activate: (node: SVGElement) => void,
): Walk {
  const nodes = [...drawing.querySelectorAll<SVGElement>("[data-node], [data-stub][data-open]")];
  const centres = new Map(nodes.map((node) => [node, centre(node)]));
  const byNumber = new Map(nodes.map((node) => [numberOf(node), node]));
  let standing = nodes.find((node) => node.dataset.node) ?? nodes[0];
  if (nodes.length) drawing.setAttribute("role", "group");
  for (const node of nodes) {
    node.setAttribute("role", "button");
    node.setAttribute("tabindex", node === standing ? "0" : "-1");
  }

  function stand(node: SVGElement): void {
    standing?.setAttribute("tabindex", "-1");
    node.setAttribute("tabindex", "0");
    standing = node;
  }

  function go(node: SVGElement): void {
    stand(node);
    node.focus({ preventScroll: true });
    keepInSight(scroller, node);
  }

  function linked(node: SVGElement): SVGElement[] {
    const number = numberOf(node);
    const found: SVGElement[] = [];
    for (const edge of drawing.querySelectorAll<SVGElement>("[data-edge]")) {
      const ends = edge.dataset.edge!.split(" ");
      if (!ends.includes(number)) continue;
      const other = byNumber.get(ends[0] === number ? ends[1]! : ends[0]!);
      if (other) found.push(other);
    }
    return found;
  }

  function next(node: SVGElement, way: Point): SVGElement | undefined {
    return nearest(node, linked(node), way) ?? nearest(node, nodes, way);
  }

  function nearest(from: SVGElement, among: SVGElement[], way: Point): SVGElement | undefined {
    const [x, y] = centres.get(from)!;
    let best: SVGElement | undefined;
    let least = Infinity;
    for (const node of among) {
      const [dx, dy] = [centres.get(node)![0] - x, centres.get(node)![1] - y];
      const along = dx * way[0] + dy * way[1];
      const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      // What is more beside than ahead is for the other arrow keys.
      const far = along + 2 * aside;
      if (along > 1 && aside <= 3 * along && far < least) [best, least] = [node, far];
    }
    return best;
  }

  drawing.addEventListener("click", (event) => {
    const node = (event.target as Element).closest<SVGElement>("[data-node], [data-stub]");
    if (!node || !centres.has(node)) return;
    stand(node);
    activate(node);
  });
  drawing.addEventListener("keydown", (event) => {
    const node = (event.target as Element).closest<SVGElement>("[role=button]");
    if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = WAYS[event.key];
    if (event.key === "Enter" || event.key === " ") activate(node);
    else if (event.key === "Home") go(nodes[0]!);
    else if (event.key === "End") go(nodes.at(-1)!);
    else if (way) go(next(node, way) ?? node);
    else return;
    event.preventDefault();
    event.stopPropagation(); // JupyterLab's keys are not meant
  });

  return { stand, focus: () => standing && go(standing) };
}

function numberOf(node: SVGElement): string {
  return node.dataset.node ?? node.dataset.stub!;
}

function centre(node: SVGElement): Point {
  const [, x, y] = /translate\((\S+) (\S+)\)/.exec(node.getAttribute("transform") ?? "") ?? [];
  const ground = node.querySelector(".nb-ground")!;
  const half = (name: string) => Number(ground.getAttribute(name)) / 2;
  return [Number(x) + half("width"), Number(y) + half("height")];
}
