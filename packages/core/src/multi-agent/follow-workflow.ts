import type { ServerEvent } from '../define/route.ts'
import { sleep, timestamp } from '../ports/clock.ts'
import type { Uses } from '../scope/scope.ts'
import { getWorkflow } from './manage-workflow.ts'
import { type JournalEntry, synthesis } from './run/journal.ts'
import { readJournal } from './run/journal-writer.ts'
import { showWorkflow } from './show-workflow.ts'

/** How often a follower looks again, milliseconds. */
const every = 250

/**
 * A run as it happens: `plan`, `step` for each change of a step, `approval`, then `done`, or `error`, with the whole run. Ids count the
 * entries of its journal, so that a follower that was cut off goes on where it was.
 */
export async function* followWorkflow(
  scope: Uses<'state'>,
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let row = 0
  let number = 0
  for (;;) {
    const { entries, next } = await readJournal(scope, id, row)
    row = next
    let ended = false
    for (const entry of entries) {
      number++
      ended = entry.kind === 'ended'
      const shown = show(id, entry)
      if (shown && number > after) yield { id: number, ...shown }
    }
    if (ended) {
      const workflow = await getWorkflow(scope, id)
      const event = workflow.state.status === 'completed' ? 'done' : 'error'
      if (number + 1 > after) yield { id: number + 1, event, data: await showWorkflow(scope.caller.tenant, workflow) }
      return
    }
    if (signal.aborted) return
    await sleep(scope.clock, every, signal).catch(() => {})
  }
}

function show(workflowId: string, entry: JournalEntry): Omit<ServerEvent, 'id'> | undefined {
  const base = { workflow_id: workflowId, at: timestamp(entry.at) }
  switch (entry.kind) {
    case 'planned':
      return { event: 'plan', data: { ...base, source: entry.source, steps: entry.plan.steps } }
    case 'replanned':
      return { event: 'plan', data: { ...base, source: 'replanned', because: entry.because, steps: entry.steps } }
    case 'unplanned':
      return { event: 'status', data: { ...base, status: 'planning', error: { code: entry.code, message: entry.message } } }
    case 'started':
      return { event: 'step', data: { ...base, step_id: nameOf(entry.step), status: 'running', attempt: entry.attempt } }
    case 'finished': {
      const { outcome, usage, attempt } = entry
      const error = outcome.status === 'failed' ? { error: { code: outcome.code, message: outcome.message } } : {}
      const result = outcome.status === 'completed' ? { result: outcome.text } : {}
      return {
        event: 'step',
        data: { ...base, step_id: nameOf(entry.step), status: outcome.status, attempt, usage, ...error, ...result },
      }
    }
    case 'approved':
    case 'rejected':
      return {
        event: 'approval',
        data: { ...base, decision: entry.kind, by: entry.by, ...(entry.step ? { step_id: entry.step } : {}) },
      }
    case 'retried':
      return { event: 'step', data: { ...base, step_id: entry.step, status: 'pending', by: entry.by } }
    case 'cancelled':
      return { event: 'status', data: { ...base, status: 'cancelling', reason: entry.reason } }
    case 'expired':
      return { event: 'status', data: { ...base, status: 'expired' } }
    case 'owned':
    case 'ended':
      return undefined
  }
}

function nameOf(step: string): string {
  return step === synthesis ? 'synthesis' : step
}
