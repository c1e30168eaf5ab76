// What the kernel sends as markup: parsed as data, and only what is known to be harmless
// is kept of it. The kernel has cleaned it; here once more, before it is shown.

import { SVG } from "./dom";

const HTML = "http://www.w3.org/1999/xhtml";

/** What may be in a page, and in a drawing; everything else goes, with what is in it. */
const ELEMENTS = {
  [HTML]: words(
    "a abbr b bdi blockquote br caption code col colgroup dd del details div dl dt em " +
      "figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp " +
      "section small span strong sub summary sup table tbody td tfoot th thead tr u ul var wbr",
  ),
  [SVG]: words("svg g path rect circle ellipse line polyline polygon text tspan title desc"),
};

// No `id` and no `name`: the page around would take them for its own. No `data-` but ours:
// a notebook has attributes that make anything a button.
const ATTRIBUTES = {
  [HTML]: words(
    "alt aria-hidden aria-label class colspan dir height hidden href lang open role rowspan " +
      "scope span src start style title width",
  ),
  [SVG]: words(
    "aria-hidden aria-label class cx cy d data-edge data-node data-open data-said data-stub dx dy fill " +
      "fill-opacity fill-rule font-family font-size font-style font-weight height opacity " +
      "overflow points preserveAspectRatio r role rx ry stroke stroke-dasharray " +
      "stroke-linecap stroke-linejoin stroke-opacity stroke-width text-anchor transform " +
      "viewBox width x x1 x2 xmlns y y1 y2",
  ),
};

function words(listed: string): Set<string> {
  return new Set(listed.split(" "));
}

/** A drawing from the kernel, or nothing where it is none. */
export function parsedDrawing(source: string): SVGElement | null {
  if (!source) return null;
  const root = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  if (root.namespaceURI !== SVG || root.localName !== "svg") return null;
  strip(root, SVG);
  return document.importNode(root, true) as unknown as SVGElement;
}

/** HTML from the kernel. */
export function parsedPage(source: string): DocumentFragment {
  const body = new DOMParser().parseFromString(source, "text/html").body;
  strip(body, HTML);
  const fragment = document.createDocumentFragment();
  fragment.append(...[...body.childNodes].map((node) => document.importNode(node, true)));
  return fragment;
}

function strip(root: Element, namespace: typeof HTML | typeof SVG): void {
  disarm(root, ATTRIBUTES[namespace]);
  for (const each of root.querySelectorAll("*")) {
    const known = each.namespaceURI === namespace && ELEMENTS[namespace].has(each.localName);
    if (known) disarm(each, ATTRIBUTES[namespace]);
    else each.remove();
  }
}

function disarm(element: Element, known: Set<string>): void {
  for (const attribute of [...element.attributes])
    if (!known.has(attribute.name) || !isHarmless(attribute.name, attribute.value.trim()))
      element.removeAttributeNode(attribute);
  if (!element.hasAttribute("href")) return;
  // Nothing that is shown here leads the notebook itself elsewhere.
  element.setAttribute("target", "_blank");
  element.setAttribute("rel", "noopener noreferrer");
}

function isHarmless(name: string, value: string): boolean {
  if (name === "href") return /^(https?|mailto):/i.test(value);
  // Nothing is loaded from anywhere: a picture is in the page, or there is none.
  if (name === "src") return /^data:image\/(png|jpeg|gif|webp|svg\+xml);base64,/i.test(value);
  if (name === "style") return isPlain(value) && !/position|z-index|--/i.test(value);
  return name === "class" || !/url|image|[\\@]/i.test(value) || WORDING.has(name);
}

// Read by people, and by nobody else.
const WORDING = words("alt aria-label title d points");

/** Whether a style has numbers, words and colours only: nothing that loads or escapes. */
function isPlain(style: string): boolean {
  return /^[\w\s:;.,%#"'!+-]*$/.test(style.replace(/\brgba?\([\d.,%\s/]*\)/gi, ""));
}
