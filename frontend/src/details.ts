// What the kernel tells of one task that is looked into.

export type TaskVerb =
  "approve" | "refuse" | "step" | "resume" | "retry" | "edit" | "skip" | "replace" | "break";

export interface Details {
  task: number;
  version: number;
  id: string;
  agent: string;
  status: string;
  description: string;
  description_why: string;
  dependencies: number[];
  /** What has to be known before its result is believed. */
  labels: string[];
  html: string;
  /** For each verb why it cannot be used now; empty where it can. */
  can: Record<TaskVerb, string>;
  agents: string[];
  marks: string[];
  result: { kind: "text" | "json" | "none" | "other"; text: string; why: string };
}
