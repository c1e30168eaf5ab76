// What the parts of a view share: who is there, how they stand, whom to ask.

import type { Desk } from "./desk";
import type { Looks, Nested, PictureTask, TaskRecord } from "./state";

export interface Scene {
  looks: Looks;
  desk: Desk;
  /** Nothing can be done here: the view of an exported page. */
  readonly: boolean;
  tasks(): PictureTask[];
  record(place: number): TaskRecord;
  /** When there is a breakpoint at a task. */
  marks(place: number): string[];
  needs(place: number): number[];
  /** The runs that agents of a task began. */
  nested(place: number): Nested[];
  openInner(run: Nested, of: string): void;
  /** Changes whenever looking into a task anew may tell something new. */
  runStatus(): string;
  select(place: number | null): void;
}
