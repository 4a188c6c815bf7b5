/** `npm run faults`: see docs/faults.md. @module */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Workbench } from './bench.ts'
import { type Mode, modes } from './life-process.ts'
import { mutations } from './mutations.ts'
import { kinds as serverKinds } from './server/disturbances.ts'
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
const usage = `npm run faults -- [options]

  --modes kill,torn,power,partial   how processes die (all)
  --step 1          try every n-th crash point only
  --requests 24     how much the workload asks for
  --nested 24x6     so many crashes, and of each so many crashes of its recovery; 0x0 for none
  --seed 1          decides what of the unsynced is lost in the mode partial
  --at N            one crash point of one mode only
  --named           die at named steps, not at system calls; the default where there is no LD_PRELOAD or no gcc
  --mutations       put faults in on purpose and see that each is found; with names behind it, only those
  --jobs N          trials at the same time (one more than there are processors)
  --least 200       fewer crash points than this are a failure
  --keep            leave the folders of trials that found something

  --server          kill a real server under load of all patterns instead, with --seed and:
  --kills 500       how often
  --minutes 60      no longer than this, and a while to come to rest
  --disturb ${serverKinds.join()}
                    by what (all)
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    modes: { type: 'string', default: modes.join() },
    step: { type: 'string', default: '1' },
    requests: { type: 'string', default: '24' },
    nested: { type: 'string', default: '24x6' },
    seed: { type: 'string', default: '1' },
    at: { type: 'string' },
    named: { type: 'boolean', default: false },
    mutations: { type: 'boolean', default: false },
    jobs: { type: 'string', default: `${availableParallelism() + 1}` },
    least: { type: 'string', default: '200' },
    keep: { type: 'boolean', default: false },
    server: { type: 'boolean', default: false },
    kills: { type: 'string', default: '500' },
    minutes: { type: 'string', default: '60' },
    disturb: { type: 'string', default: serverKinds.join() },
    help: { type: 'boolean', default: false },
  },
})
const wanted = values.modes.split(',').map((mode) => {
  if ((modes as readonly string[]).includes(mode)) return mode as Mode
  throw new Error(`There is no mode ${mode}.`)
})
const [first = 0, second = 0] = values.nested.split('x').map(Number)
const shared = { jobs: Number(values.jobs), step: Number(values.step), seed: Number(values.seed) }
let told = performance.now()
/** How many findings of a tally were printed. */
const said = new Map<Tally, number>()
/** What is wrong at one crash point is often one fault with many faces. */
const mostShown = 8

if (values.help) console.log(usage)
else process.exitCode = await run()

async function run(): Promise<number> {
  const workbench = new Workbench({ keep: values.keep })
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
    if (values.server) {
      const { tryServer } = await import('./server/main.ts')
      const [kills, minutes] = [Number(values.kills), Number(values.minutes)]
      clean = await tryServer(workbench, { kills, minutes, seed: shared.seed, disturbances: values.disturb })
    } else if (values.mutations) clean = await tryMutations(workbench, reason)
    else clean = await sweep(await workbench.bench(root, Number(values.requests)), values.named || reason !== undefined)
  } finally {
    workbench.close(!clean)
  }
  return clean ? 0 : 1
}

/** @returns whether nothing was found, in as many crash points as there should be. */
async function sweep(bench: Bench, named: boolean): Promise<boolean> {
  const options: SweepOptions = { ...shared, bench, onTrial: progress }
  const began = performance.now()
  console.log(`faults: ${bench.requests} requests, ${options.jobs} trials at the same time, run from ${bench.program.form}`)
  const tallies: Tally[] = []
  const done = (tally: Tally): void => {
    tallies.push(tally)
    console.log(line(tally))
  }
  if (named) done(await sweepSteps(options))
  else if (values.at !== undefined) return tryOne(bench, Number(values.at))
  else {
    const { calls, findings } = await countCalls(bench)
    console.log(`faults: ${calls.length} calls change the folder: ${kinds(calls.map((call) => call.name))}`)
    if (findings.length > 0) console.log(words({ place: 'without any crash', words: findings }))
    for (const mode of wanted) done(await sweepCalls(options, mode, calls))
    if (first > 0) done(await sweepRecoveries(options, calls, { first, second }))
    if (findings.length > 0) return false
  }
  const fired = tallies.reduce((sum, tally) => sum + tally.fired, 0)
  const found = tallies.reduce((sum, tally) => sum + tally.findings.length, 0)
  const enough = fired >= Number(values.least)
  if (!enough) console.log(`faults: ${fired} crash points are fewer than ${values.least}.`)
  console.log(`faults: ${fired} crash points, ${found} with findings, ${((performance.now() - began) / 1000).toFixed(0)} s`)
  return enough && found === 0
}

async function tryOne(bench: Bench, at: number): Promise<boolean> {
  const [mode = 'kill'] = wanted
  const result = await tryPoint(bench, `${mode}-${at}`, { mode, at, seed: seedOf(shared.seed, at) })
  console.log(`faults: ${mode} ${at}: ${result.fired ? `died at ${result.place}` : 'got to its end'}`)
  console.log(words({ ...result, place: `${result.findings.length} findings`, words: result.findings }))
  return result.fired && result.findings.length === 0
}

/** @returns whether each fault was found. */
async function tryMutations(workbench: Workbench, reason: string | undefined): Promise<boolean> {
  if (reason !== undefined) throw new Error('Mutations are found by crashes at system calls.')
  const names = positionals.length > 0 ? positionals : mutations.map(({ name }) => name)
  let blind = 0
  for (const name of names) {
    const mutation = mutations.find((one) => one.name === name)
    if (!mutation) throw new Error(`There is no mutation ${name}.`)
    const began = performance.now()
    const { found, tried } = await tryMutation(workbench, root, mutation, { ...shared, requests: Number(values.requests) })
    const seconds = ((performance.now() - began) / 1000).toFixed(0)
    console.log(`${name}: ${mutation.words}: ${found ? 'found' : 'NOT FOUND'} after ${tried} crash points, ${seconds} s`)
    if (found) console.log(words(found))
    else blind++
  }
  console.log(`faults: ${names.length - blind} of ${names.length} mutations found`)
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
