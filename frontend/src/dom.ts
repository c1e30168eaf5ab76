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

/** A drawing from the kernel: parsed as data, stripped of whatever could act, then shown. */
export function parsedDrawing(source: string): SVGElement | null {
  if (!source) return null;
  const root = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  if (root.namespaceURI !== SVG || root.localName !== "svg") return null;
  for (const each of [...root.querySelectorAll("*"), root]) {
    if (each.namespaceURI !== SVG || /^(script|foreignObject|style|image|a)$/i.test(each.localName))
      each.remove();
    else disarm(each);
  }
  for (const each of [...root.querySelectorAll("[style]"), root]) each.removeAttribute("style");
  return document.importNode(root, true) as unknown as SVGElement;
}

/** HTML from the kernel, which has cleaned it; here once more, before it is shown. */
export function parsedPage(source: string): DocumentFragment {
  const body = new DOMParser().parseFromString(source, "text/html").body;
  for (const each of body.querySelectorAll("*")) {
    const harmless =
      each.namespaceURI === "http://www.w3.org/1999/xhtml" && !ACTING.has(each.localName);
    if (harmless) disarm(each);
    else each.remove();
  }
  const fragment = document.createDocumentFragment();
  fragment.append(...[...body.childNodes].map((node) => document.importNode(node, true)));
  return fragment;
}

const ACTING = new Set(
  (
    "script style link meta base iframe frame object embed applet form input button textarea " +
    "select option svg math template slot video audio source track portal dialog"
  ).split(" "),
);

function disarm(element: Element): void {
  for (const { name, value } of [...element.attributes])
    if (acts(name.toLowerCase(), value.trim())) element.removeAttribute(name);
}

function acts(name: string, value: string): boolean {
  if (/^on|^xmlns:|^(formaction|srcdoc|srcset|ping|background|action|data)$/.test(name))
    return true;
  if (name === "style") return /url\(|@import|expression/i.test(value);
  if (/href$/.test(name)) return !/^(#|https?:|mailto:)/i.test(value);
  // Nothing is loaded from anywhere: a picture is in the page, or there is none.
  return name === "src" && !/^data:image\/(png|jpeg|gif|webp|svg\+xml);base64,/i.test(value);
}
