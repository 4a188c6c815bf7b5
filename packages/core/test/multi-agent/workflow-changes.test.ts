import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JournalEntry, synthesis } from '../../src/multi-agent/run/journal.ts'
import { closingId, WorkflowChanges } from '../../src/multi-agent/workflow-changes.ts'
import { broken, done, finished, flaky, graphs, plannedEntry, started } from './support.ts'

/** What may happen to a step, or to the run; much of it changes nothing in the state that a run is in. */
const happenings = ['start', 'complete', 'fail', 'falter', 'approve', 'reject', 'retry', 'die', 'cancel', 'end'] as const

function entryOf(what: (typeof happenings)[number], step: string, attempt: number, at: number): JournalEntry {
  switch (what) {
    case 'start':
      return started(step, attempt + 1, at)
    case 'complete':
      return finished(step, done, attempt, at)
    case 'fail':
      return finished(step, broken, attempt, at)
    case 'falter':
      return finished(step, flaky, attempt, at)
    case 'approve':
      return { at, kind: 'approved', by: 'ann', step }
    case 'reject':
      return { at, kind: 'rejected', by: 'ann', step, reason: 'No.' }
    case 'retry':
      return { at, kind: 'retried', by: 'ann', step }
    case 'die':
      return { at, kind: 'owned', epoch: at }
    case 'cancel':
      return { at, kind: 'cancelled', by: 'ann', reason: 'Never mind.' }
    case 'end':
      return { at, kind: 'ended', ending: { status: 'failed', code: 'broken', message: 'It broke.' } }
  }
}

describe('what a follower of a run is told', () => {
  const runs = fc.record({
    steps: graphs,
    happens: fc.array(fc.record({ what: fc.constantFrom(...happenings), which: fc.nat(12) }), { maxLength: 60 }),
    asks: fc.boolean(),
  })

  it('is each change of a step, also of those that no entry names, and each once', () => {
    fc.assert(
      fc.property(runs, ({ steps, happens, asks }) => {
        const changes = new WorkflowChanges('run', { approval: false })
        const told = new Map<string, string>()
        const ids: number[] = []
        const tell = (entry: JournalEntry): void => {
          for (const { id, event, data } of changes.tell(entry)) {
            ids.push(id)
            if (event !== 'step' && event !== 'synthesis') continue
            const { step_id, status, attempts } = data as Readonly<Record<string, string>>
            const now = `${status} ${attempts}`
            expect(told.get(step_id ?? '')).not.toBe(now)
            told.set(step_id ?? '', now)
          }
          for (const [id, { status, attempts }] of changes.state.steps) {
            const name = id === synthesis ? 'synthesis' : id
            expect(told.get(name) ?? 'pending 0').toBe(`${status} ${attempts}`)
          }
        }
        tell(plannedEntry(steps.map((step, at) => ({ ...step, approval: asks && at % 2 === 0 }))))
        for (const [at, { what, which }] of happens.entries()) {
          const all = [...changes.state.steps.values()]
          const chosen = all[which % all.length]
          if (chosen) tell(entryOf(what, chosen.step.id, chosen.attempts, at + 2))
        }
        expect(ids).toEqual([...new Set(ids)].toSorted((left, right) => left - right))
        expect(closingId(changes.entries)).toBeGreaterThan(ids.at(-1) ?? 0)
      }),
    )
  })

  it('is the same for whoever began later', () => {
    const entries = [
      plannedEntry([{ id: 'a', agent_type: 'research', prompt: 'x', dependencies: [] }]),
      started('a'),
      finished('a', done),
    ]
    const all = (from: number): unknown[] => {
      const changes = new WorkflowChanges('run', { approval: false })
      return entries.flatMap((entry, index) => {
        const events = [...changes.tell(entry)]
        return index < from ? [] : events
      })
    }
    expect(all(0).slice(-all(2).length)).toEqual(all(2))
    expect(all(2)).toMatchObject([{ event: 'step', data: { workflow_id: 'run', status: 'completed', attempts: 1 } }])
  })
})
