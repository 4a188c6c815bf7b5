import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workbench } from '../../faults/bench.ts'
import { type Call, modes } from '../../faults/life-process.ts'
import { mutatedTree } from '../../faults/mutated-tree.ts'
import { mutations } from '../../faults/mutations.ts'
import { readOptions } from '../../faults/options.ts'
import { countCalls, type SweepOptions, sweepCalls, sweepRecoveries, sweepSteps, type Tally } from '../../faults/sweep.ts'
import type { Bench } from '../../faults/trial.ts'
import { tryMutation } from '../../faults/try-mutation.ts'
import { root } from './support/command.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { withoutShim } from './support/without-shim.ts'

/** The small form of `npm run faults`: a part of the crash points, and of the faults that it must find. */
const requests = 12
const pointsAMode = 11
const options = { jobs: 3, seed: 1 }

const workbench = new Workbench()
const reason = 'reason' in workbench.shim ? workbench.shim.reason : undefined
let bench: Bench

beforeAll(async () => {
  bench = await workbench.bench(root, requests)
})
afterAll(() => workbench.close(false))

describe('a crash at a system call', () => {
  it('[R12] [R19] [X4] [X7] [X11] loses nothing, whether the process dies, a write is torn, or power fails', {
    timeout: 600_000,
  }, async ({ skip }) => {
    if (reason !== undefined) return withoutShim(reason, skip)
    const { calls, findings } = await countCalls(bench)
    expect(findings).toEqual([])
    expect(calls.length).toBeGreaterThan(200)
    const tallies: Tally[] = []
    for (const mode of modes) tallies.push(await sweepCalls(optionsFor(calls), mode, calls))
    tallies.push(await sweepRecoveries(optionsFor(calls), calls, { first: 2, second: 2 }))
    for (const { name, tried, fired } of tallies) console.log(`faults.test.ts: ${name}: ${fired} of ${tried} crash points`)
    expect(tallies.flatMap((tally) => tally.findings)).toEqual([])
    expect(tallies.reduce((sum, { fired }) => sum + fired, 0)).toBeGreaterThanOrEqual(40)
    // They did hit work that was under way.
    expect(tallies.reduce((sum, { repeatedCalls }) => sum + repeatedCalls, 0)).toBeGreaterThan(0)
  })

  it('[R12] [R19] at a named step loses nothing either, where system calls can not be counted', {
    timeout: 300_000,
  }, async () => {
    // How many steps there are depends on what is written together: by every fortieth, a busy machine had only five.
    const { findings, fired } = await sweepSteps({ ...options, bench, step: 25 })
    expect(findings).toEqual([])
    expect(fired).toBeGreaterThan(5)
  })
})

describe('a fault that was put in', () => {
  it.for(['synchronous-normal', 'closing-event-apart'])('is found: %s', { timeout: 600_000 }, async (name, { skip }) => {
    if (reason !== undefined) return withoutShim(reason, skip)
    const mutation = mutations.find((one) => one.name === name)
    if (!mutation) throw new Error(`There is no mutation ${name}.`)
    const { found, tried } = await tryMutation(workbench, root, mutation, { ...options, step: 3, requests })
    console.log(`faults.test.ts: ${name} is found after ${tried} crash points: ${found?.words[0]}`)
    expect(found?.words.length).toBeGreaterThan(0)
    // By a crash: a workload that doesn't even run would show nothing.
    expect(tried).toBeGreaterThan(0)
  })

  it.each(mutations)('can still be put in: $name', (mutation) => {
    const tree = join(temporaryFolder(), mutation.name)
    mkdirSync(tree)
    mutatedTree(root, tree, mutation)
    rmSync(tree, { recursive: true })
  })

  it('that can no longer be put in is an error', () => {
    const [first] = mutations
    const patches = [{ file: 'package.json', find: 'what stands nowhere', replace: '' }]
    const tree = temporaryFolder()
    expect(() => mutatedTree(root, tree, { ...(first as (typeof mutations)[number]), patches })).toThrow(/no longer applies/)
  })
})

describe('what is asked for', () => {
  it.each([
    [['--disturb', 'full,moon'], 'There is no disturbance moon; there are random, kill'],
    [['--modes', 'die'], 'There is no mode die; there are kill, torn'],
    [['--mutations', 'nothing'], 'There is no mutation nothing; there are synchronous-normal'],
    [['--kills', '-3'], '--kills'],
    [['--minutes', '1.5'], '--minutes is a whole number, and not 1.5'],
    [['--nested', '3'], '--nested is two numbers'],
    [['--kill', '3'], "Unknown option '--kill'"],
  ])('%j is refused before anything is made', (args, words) => {
    expect(() => readOptions(args)).toThrow(words)
  })

  it('is all of it where nothing is said', () => {
    expect(readOptions(['--server'])).toMatchObject({ server: true, kills: 500, minutes: 60, modes, mutations: undefined })
    expect(readOptions(['--mutations'])).toMatchObject({ mutations })
    expect(readOptions(['--mutations', 'no-fence'])).toMatchObject({ mutations: [{ name: 'no-fence' }] })
    expect(readOptions(['--help'])).toBe('help')
  })
})

function optionsFor(calls: readonly Call[]): SweepOptions {
  return { ...options, bench, step: Math.ceil(calls.length / pointsAMode) }
}
