// How a run stood after each thing that happened. nbagents/display/report_film.py has
// the words: a row says only what changed, so every now and then the whole is kept.

import { type RunFrame, RUNNING, SECONDS, STATUS, type TaskRecord, WAIT } from "./state";

const EVERY = 500; // rows from one whole state to the next

/** Seconds since the start, seconds that the run had run, words, places and records. */
export type Row = [
  at: number,
  elapsed: number | null,
  words: string,
  changes: (number | TaskRecord)[],
  run?: RunFrame | null,
  picture?: number,
];

export interface Moment {
  at: number;
  elapsed: number | null;
  words: string;
  run: RunFrame;
  picture: number;
  tasks: Record<string, TaskRecord>;
}

export interface Player {
  last: number;
  /** The times of all rows, in seconds. */
  times: number[];
  moment(position: number): Moment;
}

/** All that holds after a row; a record is kept with when it was made. */
interface Whole {
  run: RunFrame;
  picture: number;
  records: Map<number, [record: TaskRecord, made: number]>;
}

export function makePlayer(rows: Row[]): Player {
  const kept: Whole[] = [];
  let now: Whole = { run: rows[0]![4]!, picture: 0, records: new Map() };
  let at = -1; // the row after which `now` holds

  function advance(): void {
    const [made, , , changes, run, picture] = rows[++at]!;
    if (picture !== undefined) {
      now.picture = picture;
      now.records.clear();
    }
    if (run) now.run = run;
    for (let n = 0; n < changes.length; n += 2)
      now.records.set(changes[n] as number, [changes[n + 1] as TaskRecord, made]);
    if (at % EVERY === 0) kept[at / EVERY] ??= copied(now);
  }

  function go(position: number): void {
    const nearest = Math.min(Math.floor(position / EVERY), kept.length - 1);
    if (position < at || nearest * EVERY > at) {
      now = copied(kept[nearest]!);
      at = nearest * EVERY;
    }
    while (at < position) advance();
  }

  function moment(position: number): Moment {
    go(position);
    const [time, elapsed, words] = rows[position]!;
    const tasks: Record<string, TaskRecord> = {};
    for (const [place, [record, made]] of now.records) tasks[place] = later(record, time - made);
    return { at: time, elapsed, words, run: now.run, picture: now.picture, tasks };
  }

  return { last: rows.length - 1, times: rows.map((row) => row[0]), moment };
}

function copied(whole: Whole): Whole {
  return { ...whole, records: new Map(whole.records) };
}

/** A record some time after it was made: what runs has run longer, what waits waits less. */
function later(record: TaskRecord, span: number): TaskRecord {
  const runs = record[STATUS] === RUNNING && record[SECONDS] !== null;
  const waits = (record[WAIT] ?? null) !== null;
  if (span <= 0 || !(runs || waits)) return record;
  const moved = [...record] as TaskRecord;
  if (runs) moved[SECONDS] = record[SECONDS]! + span;
  if (waits) moved[WAIT] = Math.max(0, record[WAIT]! - span);
  return moved;
}
