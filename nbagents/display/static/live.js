// The live view of a run, in the browser.
//
// `picture` is the drawing and the tasks, `snapshot` the whole state, `patch` what
// changed last. Patches are merged into the snapshot in place, so a second view of
// the same model starts from what is current. A view has three parts (head, graph,
// table), each `{ element, ... }` with functions to update it; none knows another.
//
// Every text from outside goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const ROW = 27; // height of a table row, in pixels; live.css says the same
const SMALLEST = 0.6; // what a graph is shrunk to, at most
const TICK = 500; // between two looks at the clock, in milliseconds

// Fields of a task's record; RECEIVED is ours.
const [STATUS, SECONDS, TOKENS, FRACTION, REMARK, COST, RECEIVED] = [0, 1, 2, 3, 4, 5, 6];
// Fields of a task of the picture.
const [ID, AGENT, BOX] = [0, 1, 2];
// States, in the order of nbagents.engine.lifecycle.TaskStatus.
const [PENDING, RUNNING, COMPLETED, FAILED] = [0, 1, 2, 3];
const NOTHING_YET = [PENDING, null, 0, null, "", 0];

export default {
  initialize({ model }) {
    stamp(model.get("snapshot"));
    model.on("change:snapshot", () => stamp(model.get("snapshot")));
    model.on("change:patch", () => merge(model.get("snapshot"), model.get("patch")));
  },

  render({ model, el }) {
    const view = build(model);
    el.classList.add("nbagents-live");
    el.append(hiding(model.get("run")), view.element);
    const onPicture = () => view.redraw();
    const onSnapshot = () => view.update();
    const onPatch = () => view.update(Object.keys(model.get("patch").tasks).map(Number));
    model.on("change:picture", onPicture);
    model.on("change:snapshot", onSnapshot);
    model.on("change:patch", onPatch);
    const ticking = setInterval(() => view.tick(), TICK);
    return () => {
      clearInterval(ticking);
      model.off("change:picture", onPicture);
      model.off("change:snapshot", onSnapshot);
      model.off("change:patch", onPatch);
      view.close();
    };
  },
};

// --- The state ---------------------------------------------------------------

const seconds = () => performance.now() / 1000;

function stamp(snapshot) {
  snapshot.received = seconds();
  for (const record of Object.values(snapshot.tasks ?? {})) {
    record[RECEIVED] = snapshot.received;
  }
}

function merge(snapshot, patch) {
  if (!snapshot.tasks || !(patch.number > snapshot.number)) return;
  snapshot.number = patch.number;
  for (const [place, record] of Object.entries(patch.tasks)) {
    record[RECEIVED] = seconds();
    snapshot.tasks[place] = record;
  }
}

function taskSeconds(record) {
  const since = record[STATUS] === RUNNING ? seconds() - record[RECEIVED] : 0;
  return record[SECONDS] === null ? null : record[SECONDS] + since;
}

// --- The view ----------------------------------------------------------------

function build(model) {
  const looks = model.get("looks");
  const element = make("div", "nb-view");
  const head = makeHead(looks);
  let tasks, statuses, tokens, costs, counts, graph, table;

  const record = (place) => model.get("snapshot").tasks?.[place] ?? NOTHING_YET;

  function redraw() {
    const picture = model.get("picture");
    tasks = picture.tasks ?? [];
    statuses = new Uint8Array(tasks.length);
    tokens = new Float64Array(tasks.length);
    costs = new Float64Array(tasks.length); // NaN where it is not known
    counts = new Array(looks.tasks.length).fill(0);
    counts[PENDING] = tasks.length;
    table?.close();
    graph = makeGraph(looks, picture);
    table = makeTable(looks, tasks, record);
    element.replaceChildren(head.element, graph.element, table.element);
    update();
  }

  // Paint the tasks at `places`, or all of them.
  function update(places = tasks.keys()) {
    for (const place of places) {
      if (place >= tasks.length) continue; // its picture is still on the way
      const now = record(place);
      const before = statuses[place];
      counts[before] -= 1;
      counts[now[STATUS]] += 1;
      statuses[place] = now[STATUS];
      tokens[place] = now[TOKENS];
      costs[place] = now[COST] ?? NaN;
      graph.mark(place, before, now);
      table.paint(place);
    }
    graph.paint();
    head.paint(model.get("snapshot"), counts, sum(tokens), sum(costs));
  }

  function tick() {
    const snapshot = model.get("snapshot");
    if (snapshot.run?.status !== "running") return;
    head.tick(snapshot);
    if (counts[RUNNING] === 0) return;
    graph.tick(record);
    table.tick();
  }

  redraw();
  return { element, redraw, update, tick, close: () => table.close() };
}

// --- The head: where the run stands as a whole ---------------------------------

function makeHead(looks) {
  const state = make("span", "nb-state");
  const bar = make("div", "nb-progress", { role: "progressbar", "aria-valuemin": 0 });
  const shares = looks.tasks.map((look) => make("span", `nb-share nb-${look.name}`));
  const count = make("span", "nb-count");
  const elapsed = make("span", "nb-elapsed");
  const used = make("span", "nb-tokens");
  const model = make("span", "nb-tag");
  const reason = make("div", "nb-reason");
  const spoken = make("div", "nb-spoken", { role: "status" });
  const line = make("div", "nb-line");
  bar.append(...shares);
  line.append(state, count, elapsed, used, model);
  const element = make("div", "nb-head");
  element.append(line, bar, reason, spoken);

  function paint(snapshot, counts, tokens, cost) {
    const run = snapshot.run;
    if (!run) return; // the run is gone, and this view is about to be
    const look = looks.runs[run.status];
    const total = counts.reduce((sum, each) => sum + each, 0);
    const words = run.planning ? "planning…" : progressWords(looks, counts, total);
    state.className = `nb-state nb-${run.status}`;
    state.replaceChildren(icon(look.icon), text("span", look.label));
    count.textContent = words;
    const spent = [`${grouped(tokens)} tokens`, money(cost, "cost unknown")];
    used.textContent = tokens ? spent.filter(Boolean).join(" · ") : "";
    model.textContent = run.model;
    reason.textContent = run.reason;
    shares.forEach((share, status) => (share.style.flexGrow = counts[status]));
    bar.setAttribute("aria-valuemax", total);
    bar.setAttribute("aria-valuenow", counts[COMPLETED]);
    bar.setAttribute("aria-label", `Progress: ${words}`);
    const news = [look.label, run.reason, counts[FAILED] && words].filter(Boolean).join(", ");
    if (spoken.textContent !== news) spoken.textContent = news;
    tick(snapshot);
  }

  function tick({ run, received }) {
    const since = run.status === "running" ? seconds() - received : 0;
    elapsed.textContent = run.elapsed === null ? "" : duration(run.elapsed + since);
  }

  return { element, paint, tick };
}

function progressWords(looks, counts, total) {
  const loud = looks.loudness
    .filter((status) => counts[status] && ![PENDING, RUNNING, COMPLETED].includes(status))
    .map((status) => `${grouped(counts[status])} ${looks.tasks[status].label}`);
  const tasks = `${grouped(total)} ${total === 1 ? "task" : "tasks"}`;
  return [`${grouped(counts[COMPLETED])} of ${tasks}`, ...loud].join(", ");
}

// --- The graph: laid out in Python, coloured here --------------------------------

function makeGraph(looks, picture) {
  const element = make("div", "nb-graph", { tabindex: 0, role: "group", "aria-label": "Graph" });
  const drawing = parsed(picture.svg);
  const boxes = [];
  const changed = new Set();
  const running = new Set();
  if (drawing) {
    // Where a cell is narrower than this, the graph is scrolled.
    drawing.style.minWidth = `${SMALLEST * drawing.getAttribute("width")}px`;
    element.append(drawing);
    for (const node of drawing.querySelectorAll("[data-node]")) {
      boxes[Number(node.dataset.node)] = makeBox(looks, node, picture.folded);
    }
  }
  (picture.tasks ?? []).forEach((task, place) => boxes[task[BOX]]?.add(place));

  function mark(place, before, now) {
    const number = picture.tasks[place][BOX];
    const box = boxes[number];
    if (!box) return;
    box.take(before, now);
    changed.add(box);
    if (now[STATUS] === RUNNING && !picture.folded) running.add(place);
    else running.delete(place);
  }

  function paint() {
    for (const box of changed) box.paint();
    changed.clear();
  }

  function tick(record) {
    for (const place of running) boxes[picture.tasks[place][BOX]].tick(record(place));
  }

  return { element, mark, paint, tick };
}

function makeBox(looks, node, folded) {
  const [title, ground, mark, caption, time] = [
    "title", ".nb-ground", ".nb-icon", ".nb-caption", ".nb-time",
  ].map((selector) => node.querySelector(selector));
  const name = title.textContent.split("\n").slice(0, -1).join("\n");
  const shares = folded ? looks.tasks.map((l) => node.querySelector(`.nb-share.nb-${l.name}`)) : [];
  const room = shares.reduce((sum, share) => sum + Number(share.getAttribute("width")), 0);
  const counts = new Array(looks.tasks.length).fill(0);
  let record = NOTHING_YET, size = 0, bar;

  function add() {
    counts[PENDING] += 1;
    size += 1;
  }

  function take(before, now) {
    counts[before] -= 1;
    counts[now[STATUS]] += 1;
    record = now;
  }

  function paint() {
    const look = looks.tasks[looks.loudness.find((status) => counts[status]) ?? PENDING];
    node.setAttribute("class", `nb-node nb-${look.name}`);
    mark.setAttribute("d", look.icon);
    title.textContent = `${name}\n${allWords()}`;
    if (folded) paintShares();
    else paintTask();
  }

  function allWords() {
    return looks.loudness
      .filter((status) => counts[status])
      .map((status) => `${grouped(counts[status])} ${looks.tasks[status].label}`)
      .join(", ");
  }

  function paintShares() {
    const loud = [FAILED, RUNNING].filter((status) => counts[status]);
    caption.textContent = [COMPLETED, ...loud]
      .map((status) => `${grouped(counts[status])} ${looks.tasks[status].label}`)
      .join(", ");
    let x = Number(caption.getAttribute("x"));
    for (const status of [COMPLETED, ...looks.loudness.slice(0, -1)]) {
      const width = (room * counts[status]) / size;
      shares[status].setAttribute("x", x);
      shares[status].setAttribute("width", width);
      x += width;
    }
  }

  function paintTask() {
    tick(record);
    const fraction = record[STATUS] === RUNNING ? record[FRACTION] : null;
    if (fraction !== null && !bar) {
      bar = document.createElementNS(SVG, "rect");
      bar.setAttribute("class", "nb-bar");
      bar.setAttribute("x", 9);
      bar.setAttribute("y", Number(ground.getAttribute("height")) - 4);
      bar.setAttribute("height", 3);
      node.append(bar);
    }
    const whole = Number(ground.getAttribute("width")) - 18;
    bar?.setAttribute("width", whole * (fraction ?? 0));
  }

  function tick(now) {
    const span = taskSeconds(now);
    time.textContent = span === null ? "" : duration(span);
  }

  return { add, take, paint, tick };
}

// A drawing is parsed as data, stripped of whatever could act, and only then shown.
function parsed(source) {
  if (!source) return null;
  const root = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  if (root.namespaceURI !== SVG || root.localName !== "svg") return null;
  for (const each of [...root.querySelectorAll("*"), root]) {
    if (each.namespaceURI !== SVG || /^(script|foreignObject|style|image|a)$/i.test(each.localName)) {
      each.remove();
      continue;
    }
    for (const { name, value } of [...each.attributes]) {
      const foreign = /href$/i.test(name) && !value.startsWith("#");
      if (/^on/i.test(name) || name === "style" || foreign) each.removeAttribute(name);
    }
  }
  return document.importNode(root, true);
}

// --- The table: a row a task, of which only those in sight exist ------------------

const COLUMNS = ["State", "Task", "Agent", "Done", "Time", "Tokens", "Cost", "Message"];

function makeTable(looks, tasks, record) {
  const element = make("div", "nb-table", {
    role: "table", tabindex: 0, "aria-label": "Tasks", "aria-rowcount": tasks.length + 1,
  });
  const head = make("div", "nb-row nb-names", { role: "row", "aria-rowindex": 1 });
  head.append(...COLUMNS.map((name) => text("span", name, { role: "columnheader" })));
  const body = make("div", "nb-rows", { role: "rowgroup" });
  body.style.height = `${tasks.length * ROW}px`;
  element.append(head, body);
  element.hidden = tasks.length === 0;
  const rows = new Map();

  function showRowsInSight() {
    const first = Math.max(0, Math.floor(element.scrollTop / ROW) - 5);
    const count = Math.ceil((element.clientHeight || 12 * ROW) / ROW) + 10;
    for (const [place, row] of rows) {
      if (place < first || place >= first + count) {
        row.element.remove();
        rows.delete(place);
      }
    }
    for (let place = first; place < Math.min(first + count, tasks.length); place++) {
      if (rows.has(place)) continue;
      const row = makeRow(looks, tasks[place], place);
      rows.set(place, row);
      body.append(row.element);
      row.paint(record(place));
    }
  }

  const sized = new ResizeObserver(showRowsInSight);
  sized.observe(element);
  element.addEventListener("scroll", showRowsInSight, { passive: true });
  showRowsInSight();
  return {
    element,
    paint: (place) => rows.get(place)?.paint(record(place)),
    tick: () => rows.forEach((row, place) => row.tick(record(place))),
    close: () => sized.disconnect(),
  };
}

function makeRow(looks, task, place) {
  const element = make("div", "nb-row", { role: "row", "aria-rowindex": place + 2 });
  element.style.top = `${place * ROW}px`;
  const cell = (name, words = "") => text("span", words, { role: "cell", class: name });
  const [state, id, agent, progress, time, tokens, cost, remark] = [
    cell("nb-state"), cell("nb-id", task[ID]), cell("nb-agent", task[AGENT]),
    cell("nb-done"), cell("nb-time"), cell("nb-tokens"), cell("nb-cost"),
    cell("nb-remark"),
  ];
  const bar = make("span", "nb-meter", { role: "progressbar", "aria-label": task[ID] });
  const fill = make("span", "nb-fill");
  bar.append(fill);
  progress.append(bar);
  id.title = task[ID];
  element.append(state, id, agent, progress, time, tokens, cost, remark);

  let shown;

  function paintState(status) {
    const look = looks.tasks[status];
    element.className = `nb-row nb-${look.name}`;
    state.replaceChildren(icon(look.icon), text("span", look.label, { class: "nb-spoken" }));
    state.title = look.label;
    shown = status;
  }

  function paint(now) {
    const running = now[STATUS] === RUNNING;
    if (shown !== now[STATUS]) paintState(now[STATUS]);
    const done = now[STATUS] === COMPLETED ? 1 : running ? now[FRACTION] : 0;
    bar.hidden = !running && now[STATUS] !== COMPLETED;
    bar.classList.toggle("nb-unknown", running && done === null);
    fill.style.width = done === null ? "" : `${100 * done}%`;
    if (done === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", Math.round(100 * done));
    tokens.textContent = now[TOKENS] ? grouped(now[TOKENS]) : "";
    cost.textContent = now[TOKENS] ? money(now[COST] ?? NaN, "$?") : "";
    if (remark.textContent !== now[REMARK]) remark.textContent = remark.title = now[REMARK];
    tick(now);
  }

  function tick(now) {
    const span = taskSeconds(now);
    time.textContent = span === null ? "" : duration(span);
  }

  return { element, paint, tick };
}

// --- Small parts ------------------------------------------------------------------

function make(tag, className, attributes = {}) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function text(tag, words, attributes = {}) {
  const element = make(tag, "", attributes);
  element.textContent = words;
  return element;
}

function icon(path) {
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

// The static page of the same run, further down in the same cell, says the same again.
function hiding(run) {
  const style = document.createElement("style");
  const page = `[data-run="${CSS.escape(run)}"]`;
  style.textContent = `.jp-OutputArea:has(.nbagents-live) .jp-OutputArea-child:has(${page}) { display: none }`;
  return style;
}

function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}

// US dollars; two digits of what is less than a cent, so that it does not look like
// nothing. `summary.money` in Python says the same.
function money(cost, unknown) {
  if (Number.isNaN(cost)) return unknown;
  if (cost < 0.00001) return cost ? "<$0.00001" : "";
  if (cost >= 1) return `$${cost.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  const decimals = Math.max(4, 1 - Math.floor(Math.log10(cost)));
  return `$${cost.toFixed(decimals).replace(/(\.\d\d\d*?)0+$/, "$1")}`;
}

function grouped(number) {
  return number.toLocaleString("en-US");
}

function duration(span) {
  if (span < 9.95) return `${Math.max(span, 0).toFixed(1)} s`;
  const whole = Math.round(span);
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))} h`;
}
