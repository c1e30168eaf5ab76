// Small parts of a page. Every text from outside goes in as text, never as markup.

export const SVG = "http://www.w3.org/2000/svg";

type Attributes = Record<string, string | number | boolean>;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  attributes: Attributes = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

export function text<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  words: string,
  className = "",
  attributes: Attributes = {},
): HTMLElementTagNameMap[K] {
  const element = make(tag, className, attributes);
  element.textContent = words;
  return element;
}

/** Set a text where it is another one: nothing flickers, and no reader says it twice. */
export function say(element: Element, words: string): void {
  if (element.textContent !== words) element.textContent = words;
}

/** An icon of 16 by 16 from one of our own paths. */
export function icon(path: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const shape = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "nb-icon");
  svg.setAttribute("aria-hidden", "true");
  shape.setAttribute("d", path);
  shape.setAttribute("fill-rule", "evenodd");
  svg.append(shape);
  return svg;
}
