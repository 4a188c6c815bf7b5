/**
 * Ours below the agents: the engine that plans are run by, with the work of the benchmark in the place of a step's agent. As an agent does,
 * a step waits until what led to it is kept before it does anything. Everything from the plan to the run's end is measured, the plan's own
 * entry in the journal and the last, fsynced one too. `way`: where the journal is, `memory` or `journal`.
 * @module
 */
import { uuid } from '@plinth/core'
import { systemClock } from '@plinth/local'
import { createModels } from '@plinth/models'
import { JournalWriter } from '../../../packages/core/dist/multi-agent/run/journal-writer.js'
import { RunEngine } from '../../../packages/core/dist/multi-agent/run/run-engine.js'
import { RunState } from '../../../packages/core/dist/multi-agent/run/run-state.js'
import { openScope } from './plinth-scope.mjs'

const noUsage = { input_tokens: 0, output_tokens: 0, usd: 0, latency_ms: 0 }

export async function open({ directory, way }) {
  const opened = way === 'journal' ? await openScope({ directory, models: createModels({ clock: systemClock }) }) : undefined
  return {
    prepare: (graph, work) => {
      const steps = graph.steps.map(({ id, needs }) => ({ id, agent_type: 'research', prompt: id, dependencies: needs }))
      const plan = { goal: '', success_criteria: [], steps }
      return { run: () => run({ plan, work, scope: opened?.scope, known: new Set(steps.map(({ id }) => id)) }) }
    },
    close: async () => opened?.platform.close(),
  }
}

async function run({ plan, work, scope, known }) {
  const runId = uuid(systemClock)
  const state = new RunState()
  const engine = new RunEngine({
    runId,
    state,
    clock: systemClock,
    // The peers have none either.
    limits: { concurrency: plan.steps.length },
    journal: (listener) => (scope ? new JournalWriter({ scope, runId, epoch: 1, next: 0, listener }) : new MemoryJournal()),
    work: async (call) => {
      await call.settled()
      const { id } = call.state.step
      // The synthesis is a step more, which has nothing to do here.
      const text = known.has(id) ? await work(id) : 'done'
      return { outcome: { status: 'completed', text }, usage: noUsage, toolCalls: 0 }
    },
  })
  const at = systemClock.now()
  await engine.take({ at, kind: 'owned', epoch: 1 })
  engine.put({ at, kind: 'planned', plan, source: 'caller', usage: noUsage })
  const rest = await engine.run(new AbortController().signal)
  if (rest.ending?.status !== 'completed') throw new Error(`The run came to rest as ${JSON.stringify(rest)}.`)
  await engine.journal.commit([{ at: systemClock.now(), kind: 'ended', ending: rest.ending }])
  engine.close()
}

/** Keeps entries for as long as the process lives. */
class MemoryJournal {
  entries = []

  append(entry) {
    this.entries.push(entry)
  }

  async settled() {}
  async poll() {}

  async commit(entries) {
    this.entries.push(...entries)
    return true
  }
}
