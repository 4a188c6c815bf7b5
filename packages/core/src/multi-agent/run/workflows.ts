import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import type { RunStatus } from './run-state.ts'

export interface JournalRow {
  readonly workflow_id: string
  readonly at: number
}

/** What happened in each run, in rows of one or several entries; prompts and results are in them, so all of it is sealed. */
export const journals: Collection<JournalRow, { entries: string }> = defineCollection<JournalRow, { entries: string }>({
  name: 'workflow-journal',
  schema: 1,
  plain: z.strictObject({ workflow_id: z.string(), at: z.number() }),
  sealed: ['entries'],
  lists: {},
})

export type { RunStatus }
