// What the kernel sends, and the state that a view shows. docs/live_view.md has the words.
//
// Patches are merged into the snapshot in place, so a second view of the same model
// starts from what is current.

/** One task as the kernel tells it; what `received` adds is ours. */
export type TaskRecord = [
  status: number,
  seconds: number | null,
  tokens: number,
  fraction: number | null,
  remark: string,
  cost: number | null,
  attempts: number,
  wait: number | null,
  by: string | null,
  received?: number,
];

export const STATUS = 0;
export const SECONDS = 1;
export const TOKENS = 2;
export const FRACTION = 3;
export const REMARK = 4;
export const COST = 5;
export const ATTEMPTS = 6;
export const WAIT = 7;
/** Who has taken over from the plan's agent. */
export const BY = 8;
const RECEIVED = 9;

// States, in the order of nbagents.engine.lifecycle.TaskStatus.
export const PENDING = 0;
export const RUNNING = 1;
export const COMPLETED = 2;
export const FAILED = 3;

export const NOTHING_YET: TaskRecord = [PENDING, null, 0, null, "", 0, 0, null, null];

/** Id, agent and box of a task in the picture. */
export type PictureTask = [id: string, agent: string, box: number];

export interface Picture {
  version: number;
  svg: string;
  folded: boolean;
  tasks: PictureTask[];
  needs?: number[][];
}

export type RunVerb = "approve" | "resume" | "pause" | "step" | "stop";

export interface RunFrame {
  status: string;
  planning: boolean;
  reason: string;
  elapsed: number | null;
  model: string;
  left?: number | null;
  limits?: string[];
  can?: Record<RunVerb, string>;
}

export interface Snapshot {
  number: number;
  run?: RunFrame;
  tasks?: Record<string, TaskRecord>;
  received?: number;
}

export interface Patch {
  number: number;
  tasks: Record<string, TaskRecord>;
}

export interface Look {
  symbol: string;
  label: string;
  icon: string;
}

export interface Looks {
  tasks: (Look & { name: string })[];
  runs: Record<string, Look>;
  loudness: number[];
}

/** What the widget of a run within this one is known by, and what it is called. */
export type Nested = [reference: string, name: string];

export interface Marks {
  tasks: Record<string, string[]>;
  others: string[];
}

/** As much of an anywidget model as a view needs; an exported page has one of its own. */
export interface Model {
  get(name: "run"): string;
  get(name: "looks"): Looks;
  get(name: "picture"): Picture;
  get(name: "snapshot"): Snapshot;
  get(name: "patch"): Patch;
  get(name: "marks"): Marks;
  get(name: "forecast"): string;
  get(name: "nested"): Record<string, Nested[]> | undefined;
  get(name: "readonly"): boolean | undefined;
  on(event: string, callback: (content: unknown) => void): void;
  off(event: string, callback: (content: unknown) => void): void;
  send(content: unknown): void;
}

export const seconds = (): number => performance.now() / 1000;

/** Note when a whole state came: times go on from there, by the clock of the browser. */
export function stamp(snapshot: Snapshot): void {
  snapshot.received = seconds();
  for (const record of Object.values(snapshot.tasks ?? {})) record[RECEIVED] = snapshot.received;
}

/** Bring what has changed into the whole state, unless it is older than that. */
export function merge(snapshot: Snapshot, patch: Patch): void {
  if (!snapshot.tasks || !(patch.number > snapshot.number)) return;
  snapshot.number = patch.number;
  for (const [place, record] of Object.entries(patch.tasks)) {
    record[RECEIVED] = seconds();
    snapshot.tasks[place] = record;
  }
}

/** How long the last attempt of a task has taken up to now; null before the first. */
export function taskSeconds(record: TaskRecord): number | null {
  if (record[SECONDS] === null) return null;
  return record[SECONDS] + (record[STATUS] === RUNNING ? age(record) : 0);
}

/** In how many seconds a task is tried again; null where it does not wait for that. */
export function waitSeconds(record: TaskRecord): number | null {
  const wait = record[WAIT] ?? null;
  return wait === null ? null : Math.max(0, wait - age(record));
}

function age(record: TaskRecord): number {
  return seconds() - (record[RECEIVED] ?? seconds());
}
