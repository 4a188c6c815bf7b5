/** What speaks for and against a pattern, as data. @module */
import type { PatternName } from '../define/pattern.ts'

/** A field of the profile, by its path, compared with what it must be. */
export type Condition = { readonly field: string } & (
  | { readonly atLeast: number }
  | { readonly oneOf: readonly unknown[] }
  | { readonly holdsAny: readonly unknown[] }
)

export interface Rule {
  readonly pattern: PatternName
  readonly points: number
  /** All of them. */
  readonly when: readonly Condition[]
  readonly reason: string
}

const documents: Condition = { field: 'knowledge.documents', atLeast: 1 }
const records: Condition = { field: 'stream.records_per_second', atLeast: 1e-9 }
const several: Condition = { field: 'tenants.count', atLeast: 2 }

export const rules: readonly Rule[] = [
  {
    ...{ pattern: 'event-driven', points: 45, when: [{ field: 'response', oneOf: ['minutes', 'batch'] }] },
    reason: 'Nobody holds a connection open for the answer, so work can be queued, retried and told of.',
  },
  {
    ...{ pattern: 'event-driven', points: 15, when: [{ field: 'response', oneOf: ['seconds'] }] },
    reason: 'Seconds are enough for a queue in between.',
  },
  {
    ...{ pattern: 'event-driven', points: -20, when: [{ field: 'response', oneOf: ['interactive'] }] },
    reason: 'Somebody waits for the answer, word by word.',
  },
  {
    ...{ pattern: 'event-driven', points: 15, when: [{ field: 'requests_per_month', atLeast: 1_000_000 }] },
    reason: 'A million requests a month and more.',
  },
  {
    ...{ pattern: 'event-driven', points: 10, when: [{ field: 'requests_per_month', atLeast: 100_000 }] },
    reason: 'A hundred thousand requests a month and more.',
  },
  {
    ...{ pattern: 'event-driven', points: 20, when: [{ field: 'peak_factor', atLeast: 5 }] },
    reason: 'Load varies by five times and more: a queue evens out what models throttle.',
  },
  {
    ...{ pattern: 'rag', points: 60, when: [documents] },
    reason: 'Answers have to come from documents, and to name them.',
  },
  {
    ...{ pattern: 'rag', points: 15, when: [{ field: 'knowledge.documents', atLeast: 100 }] },
    reason: 'More documents than a prompt has room for.',
  },
  {
    ...{ pattern: 'rag', points: 10, when: [documents, { field: 'knowledge.changes_per_month', atLeast: 1 }] },
    reason: 'Documents change, and a model that was trained on them would not know.',
  },
  {
    ...{ pattern: 'rag', points: 10, when: [documents, { field: 'response', oneOf: ['interactive', 'seconds'] }] },
    reason: 'Questions are answered while somebody waits.',
  },
  {
    ...{ pattern: 'multi-agent', points: 35, when: [{ field: 'workflow.steps', atLeast: 2 }] },
    reason: 'The work has steps that need each other.',
  },
  {
    ...{ pattern: 'multi-agent', points: 25, when: [{ field: 'workflow.steps', atLeast: 4 }] },
    reason: 'Four steps and more: some of them side by side, and none done twice after a fault.',
  },
  {
    ...{ pattern: 'multi-agent', points: 15, when: [{ field: 'workflow.tools', oneOf: [true] }] },
    reason: 'Steps use tools, whose effects must not be repeated.',
  },
  {
    ...{ pattern: 'multi-agent', points: 15, when: [{ field: 'workflow.approval', oneOf: [true] }] },
    reason: 'People approve, so work waits for hours and goes on where it was.',
  },
  {
    ...{
      pattern: 'multi-agent',
      points: 10,
      when: [
        { field: 'workflow.steps', atLeast: 2 },
        { field: 'response', oneOf: ['minutes', 'batch'] },
      ],
    },
    reason: 'There are minutes for several calls of models.',
  },
  {
    ...{ pattern: 'analytics', points: 70, when: [records] },
    reason: 'Records come all the time, and something must notice what is odd in them.',
  },
  {
    ...{ pattern: 'analytics', points: 15, when: [{ field: 'stream.records_per_second', atLeast: 10 }] },
    reason: 'Ten records a second are 26 million a month: too many for a model call each.',
  },
  {
    ...{ pattern: 'analytics', points: 10, when: [records, { field: 'stream.keys', atLeast: 2 }] },
    reason: 'Each key has a course of its own to be compared with.',
  },
  {
    ...{ pattern: 'multi-tenant', points: 50, when: [several] },
    reason: 'Several customers share it, and none may see or slow another.',
  },
  {
    ...{ pattern: 'multi-tenant', points: 20, when: [{ field: 'tenants.count', atLeast: 10 }] },
    reason: 'Ten tenants and more have to be made, limited and billed without hands.',
  },
  {
    ...{ pattern: 'multi-tenant', points: 15, when: [several, { field: 'tenants.isolation', oneOf: ['silo'] }] },
    reason: 'Tenants are owed keys of their own.',
  },
  {
    ...{ pattern: 'multi-tenant', points: 10, when: [several, { field: 'data_classes', holdsAny: ['pii', 'phi', 'pci'] }] },
    reason: 'What they hand in is personal, medical or about payments.',
  },
]
