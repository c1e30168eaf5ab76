// Text that must end inside its box: cut by measuring, by whole characters as people see them.

const ELLIPSIS = "…";
const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const canvas = document.createElement("canvas").getContext("2d");

export function textWidth(words: string, font: string): number {
  if (!canvas) return words.length * 12; // wider than any text is, so it is cut early
  if (canvas.font !== font) canvas.font = font;
  return canvas.measureText(words).width;
}

/** The longest beginning of `words` that is at most `room` wide, on one line. */
export function fitted(words: string, font: string, room: number): string {
  const line = words.replace(/\s+/g, " ").trim();
  if (textWidth(line, font) <= room) return line;
  const parts = [...segments.segment(line)].map((each) => each.segment);
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (textWidth(beginning(parts, middle), font) <= room) low = middle;
    else high = middle - 1;
  }
  return low ? beginning(parts, low) : "";
}

function beginning(parts: string[], count: number): string {
  return parts.slice(0, count).join("").trimEnd() + ELLIPSIS;
}
