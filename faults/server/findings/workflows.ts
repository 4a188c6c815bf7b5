/** Every workflow that was accepted ends once, and of its steps only those in flight are done again. @module */
import { type Entry, entriesOf } from '../ledger.ts'
import { tenants } from '../marks.ts'
import type { ServerOutcome } from './outcome.ts'

const final: readonly string[] = ['completed', 'failed', 'cancelled']

export function* faultsOfWorkflows({ entries, state }: ServerOutcome): Generator<string> {
  for (const tenant of tenants) {
    const { workflows, events } = state.tenants[tenant]
    const kept = new Map(workflows.map((workflow) => [workflow.workflow_id, workflow]))
    if (kept.size !== workflows.length) yield `${tenant}: a workflow is listed twice`
    const told = entriesOf(entries, 'workflow').filter((entry) => entry.tenant === tenant)
    const keyOf = new Map(told.map(({ id, key }) => [id, key]))
    for (const { id } of told) if (!kept.has(id)) yield `${tenant}: ${id} was accepted and is lost`
    const finished = Map.groupBy(
      events.filter(({ type }) => type === 'genai.workflow.finished'),
      ({ subject }) => subject,
    )
    const asked = Map.groupBy(entriesOf(entries, 'asked'), ({ mark }) => mark)
    for (const { workflow_id, status, steps } of workflows) {
      const key = keyOf.get(workflow_id)
      if (key === undefined) yield `${tenant}: ${workflow_id} is there, and nobody was told of it`
      if (!final.includes(status)) yield `${tenant}: ${workflow_id} is ${status}`
      const ends = finished.get(workflow_id)?.length ?? 0
      if (ends !== 1) yield `${tenant}: ${workflow_id} has ${ends} closing events`
      for (const [step, { status: its, attempts }] of Object.entries(steps)) {
        const times = asked.get(`${key}-${step}`)?.length ?? 0
        if (its === 'completed' && times === 0)
          yield `${tenant}: step ${step} of ${workflow_id} ended, and the model was never asked`
        if (its === 'completed' && attempts < 1) yield `${tenant}: step ${step} of ${workflow_id} ended without a start`
        if (status === 'completed' && its !== 'completed')
          yield `${tenant}: ${workflow_id} is completed, and its step ${step} is ${its}`
      }
    }
  }
  yield* faultsOfSeenSteps(entries)
}

/** What somebody saw completed is never asked for again, by this process or another. */
function* faultsOfSeenSteps(entries: readonly Entry[]): Generator<string> {
  const seen = new Set<string>()
  for (const entry of entries) {
    if (entry.type === 'seen') seen.add(entry.step)
    else if (entry.type === 'asked' && seen.has(entry.mark))
      yield `${entry.mark} was completed, and the model was asked for it again`
  }
}
