import { afterAll, describe, expect, it } from 'vitest'
import { Workbench } from '../../faults/bench.ts'
import { kinds } from '../../faults/server/disturbances.ts'
import { tableOf } from '../../faults/server/main.ts'
import { runServerFaults } from '../../faults/server/run.ts'

/** The small form of `npm run faults -- --server`: each disturbance once, and some kills more; fewer where the machine is slow. */
const kills = 16
const milliseconds = 75_000
const seed = 1

const workbench = new Workbench()
afterAll(() => workbench.close(false))

describe('a server that is killed under load of all patterns and several tenants', () => {
  it('[R12] [R19] [R68] [R104] [R110] keeps what it accepted, does each once, and counts as its model counts', {
    timeout: 900_000,
  }, async () => {
    const result = await runServerFaults({
      folder: workbench.folder,
      shim: workbench.shim,
      kills,
      wanted: kinds,
      seed,
      milliseconds,
    })
    for (const line of tableOf(result)) console.log(`faults-server.test.ts: ${line}`)
    // As one text: a list would be shortened in what a failure prints.
    expect([...result.findings].flatMap(([promise, words]) => words.map((each) => `${promise}: ${each}`)).join('\n')).toBe('')
    // It did hit work that was under way.
    expect([...result.deaths.values()].reduce((sum, each) => sum + each, 0)).toBeGreaterThan(1)
    expect(result.ledger.entries.some(({ type }) => type === 'request')).toBe(true)
  })
})
