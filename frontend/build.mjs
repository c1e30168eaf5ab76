// Builds what ships in the wheel: nbagents/display/static/*.js and *.css, of our own code
// only. `node build.mjs` writes them, `node build.mjs --check` fails where they differ.

import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const shipped = join(here, "..", "nbagents", "display", "static");
const licence = "/*! nbagents. BSD-3-Clause. Built from frontend/ by frontend/build.mjs */";

const common = {
  absWorkingDir: here,
  outdir: shipped,
  bundle: true,
  write: false,
  minify: true,
  charset: "utf8",
  target: ["es2022", "chrome111", "firefox113", "safari16.2"], // `color-mix` in CSS
  banner: { js: licence, css: licence },
};
// The live view is a module for anywidget; a saved page has its script in itself.
const built = [
  await build({ ...common, entryPoints: ["src/live.ts", "src/live.css"], format: "esm" }),
  await build({ ...common, entryPoints: ["src/page.ts", "src/page.css"], format: "iife" }),
];
const outputFiles = built.flatMap((each) => each.outputFiles);

const differing = outputFiles.filter(({ path, text }) => text !== kept(path));
for (const { path, text } of differing) {
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  console.log(`${basename(path)}: ${text.length.toLocaleString("en-US")} characters`);
}
if (process.argv.includes("--check") && differing.length) {
  console.error("not what frontend/ builds; run: make frontend");
  process.exit(1);
}

function kept(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
