/** `npm run faults`: see docs/faults.md. @module */
import { join } from 'node:path'
import { Workbench } from './bench.ts'
import type { Mutation } from './mutations.ts'
import { type FaultsOptions, readOptions, usage } from './options.ts'
import {
  countCalls,
  type Finding,
  type SweepOptions,
  seedOf,
  sweepCalls,
  sweepRecoveries,
  sweepSteps,
  type Tally,
} from './sweep.ts'
import { type Bench, tryPoint } from './trial.ts'
import { tryMutation } from './try-mutation.ts'

const root = join(import.meta.dirname, '..')
const options = optionsOrEnd()
const { step, seed, jobs, nested, requests } = options
let told = performance.now()
/** How many findings of a tally were printed. */
const said = new Map<Tally, number>()
/** What is wrong at one crash point is often one fault with many faces. */
const mostShown = 8

process.exitCode = await run()

async function run(): Promise<number> {
  const workbench = new Workbench({ keep: options.keep })
  // It lies in memory, and would stay there.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      workbench.close(false)
      process.exit(1)
    })
  const reason = 'reason' in workbench.shim ? workbench.shim.reason : undefined
  let clean = false
  try {
    if (reason !== undefined) console.log(`faults: no system calls are counted here: ${reason}.`)
    if (options.server) {
      const { tryServer } = await import('./server/main.ts')
      clean = await tryServer(workbench, options)
    } else if (options.mutations) clean = await tryMutations(workbench, options.mutations, reason)
    else clean = await sweep(await workbench.bench(root, requests), options.named || reason !== undefined)
  } finally {
    workbench.close(!clean)
  }
  return clean ? 0 : 1
}

function optionsOrEnd(): FaultsOptions {
  try {
    const read = readOptions(process.argv.slice(2))
    if (read !== 'help') return read
    console.log(usage)
    process.exit(0)
  } catch (error) {
    console.error(`faults: ${error instanceof Error ? error.message : error} --help lists the options.`)
    process.exit(2)
  }
}

/** @returns whether nothing was found, in as many crash points as there should be. */
async function sweep(bench: Bench, named: boolean): Promise<boolean> {
  const wanted: SweepOptions = { step, seed, jobs, bench, onTrial: progress }
  const began = performance.now()
  console.log(`faults: ${bench.requests} requests, ${jobs} trials at the same time, run from ${bench.program.form}`)
  const tallies: Tally[] = []
  const done = (tally: Tally): void => {
    tallies.push(tally)
    console.log(line(tally))
  }
  if (named) done(await sweepSteps(wanted))
  else if (options.at !== undefined) return tryOne(bench, options.at)
  else {
    const { calls, findings } = await countCalls(bench)
    console.log(`faults: ${calls.length} calls change the folder: ${kinds(calls.map((call) => call.name))}`)
    if (findings.length > 0) console.log(words({ place: 'without any crash', words: findings }))
    for (const mode of options.modes) done(await sweepCalls(wanted, mode, calls))
    if (nested.first > 0) done(await sweepRecoveries(wanted, calls, nested))
    if (findings.length > 0) return false
  }
  const fired = tallies.reduce((sum, tally) => sum + tally.fired, 0)
  const found = tallies.reduce((sum, tally) => sum + tally.findings.length, 0)
  const enough = fired >= options.least
  if (!enough) console.log(`faults: ${fired} crash points are fewer than ${options.least}.`)
  console.log(`faults: ${fired} crash points, ${found} with findings, ${((performance.now() - began) / 1000).toFixed(0)} s`)
  return enough && found === 0
}

async function tryOne(bench: Bench, at: number): Promise<boolean> {
  const [mode = 'kill'] = options.modes
  const result = await tryPoint(bench, `${mode}-${at}`, { mode, at, seed: seedOf(seed, at) })
  console.log(`faults: ${mode} ${at}: ${result.fired ? `died at ${result.place}` : 'got to its end'}`)
  console.log(words({ ...result, place: `${result.findings.length} findings`, words: result.findings }))
  return result.fired && result.findings.length === 0
}

/** @returns whether each fault was found. */
async function tryMutations(workbench: Workbench, mutations: readonly Mutation[], reason: string | undefined): Promise<boolean> {
  if (reason !== undefined) throw new Error('Mutations are found by crashes at system calls.')
  let blind = 0
  for (const mutation of mutations) {
    const began = performance.now()
    const { found, tried } = await tryMutation(workbench, root, mutation, { step, seed, jobs, requests })
    const seconds = ((performance.now() - began) / 1000).toFixed(0)
    console.log(`${mutation.name}: ${mutation.words}: ${found ? 'found' : 'NOT FOUND'} after ${tried} crash points, ${seconds} s`)
    if (found) console.log(words(found))
    else blind++
  }
  console.log(`faults: ${mutations.length - blind} of ${mutations.length} mutations found`)
  return blind === 0
}

function line({ name, tried, fired, repeatedCalls, findings, seconds }: Tally): string {
  const found = findings.length === 0 ? 'nothing found' : `${findings.length} WITH FINDINGS`
  return `${name.padEnd(8)} ${fired} of ${tried} crash points, ${found}, ${repeatedCalls} model calls repeated, ${seconds.toFixed(0)} s`
}

function words({ place, words: found, folder }: Finding): string {
  const shown = found.slice(0, mostShown)
  const rest = found.length - shown.length
  const lines = [...shown, ...(rest > 0 ? [`and ${rest} more`] : []), ...(folder ? [`kept: ${folder}`] : [])]
  return [`  ${place}`, ...lines.map((one) => `    ${one}`)].join('\n')
}

function kinds(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ')
}

/** Says at once what is found, and now and then how far it is. */
function progress(tally: Tally, of: number): void {
  const { name, tried, findings } = tally
  for (const finding of findings.slice(said.get(tally) ?? 0)) console.log(words(finding))
  said.set(tally, findings.length)
  if (performance.now() - told < 20_000) return
  told = performance.now()
  console.error(`faults: ${name}: ${tried} of ${of} so far, ${findings.length} with findings`)
}
