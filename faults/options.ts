/** What `npm run faults` was asked for, checked before anything is made. @module */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type Mode, modes } from './life-process.ts'
import { type Mutation, mutations } from './mutations.ts'
import { type DisturbanceKind, kinds } from './server/disturbances.ts'

export const usage: string = `npm run faults -- [options]

  --modes ${modes.join()}   how processes die (all)
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
  --disturb ${kinds.join()}
                    by what (all)
`

export interface FaultsOptions {
  readonly modes: readonly Mode[]
  readonly nested: { readonly first: number; readonly second: number }
  readonly at: number | undefined
  readonly named: boolean
  /** Which to put in; absent: none. */
  readonly mutations: readonly Mutation[] | undefined
  readonly step: number
  readonly requests: number
  readonly seed: number
  readonly jobs: number
  readonly least: number
  readonly keep: boolean
  readonly server: boolean
  readonly kills: number
  readonly minutes: number
  readonly disturbances: readonly DisturbanceKind[]
}

/** @throws Error that says what of it makes no sense. */
export function readOptions(args: readonly string[]): FaultsOptions | 'help' {
  const { values, positionals } = parse(args)
  if (values.help) return 'help'
  const [first, second, ...rest] = values.nested.split('x').map((word) => amount('nested', word))
  if (first === undefined || second === undefined || rest.length > 0) throw new Error('--nested is two numbers: 24x6.')
  return {
    modes: values.modes.split(',').map((word) => known('mode', word, modes)),
    nested: { first, second },
    at: values.at === undefined ? undefined : amount('at', values.at),
    named: values.named,
    mutations: values.mutations ? mutationsOf(positionals) : undefined,
    step: Math.max(1, amount('step', values.step)),
    requests: amount('requests', values.requests),
    seed: amount('seed', values.seed),
    jobs: Math.max(1, amount('jobs', values.jobs)),
    least: amount('least', values.least),
    keep: values.keep,
    server: values.server,
    kills: amount('kills', values.kills),
    minutes: amount('minutes', values.minutes),
    disturbances: values.disturb.split(',').map((word) => known('disturbance', word, kinds)),
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
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
      disturb: { type: 'string', default: kinds.join() },
      help: { type: 'boolean', default: false },
    },
  })
}

function mutationsOf(names: readonly string[]): readonly Mutation[] {
  const all = mutations.map(({ name }) => name)
  for (const name of names) known('mutation', name, all)
  return names.length === 0 ? mutations : mutations.filter(({ name }) => names.includes(name))
}

function known<Name extends string>(what: string, word: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === word)
  if (found === undefined) throw new Error(`There is no ${what} ${word}; there are ${names.join(', ')}.`)
  return found
}

function amount(option: string, word: string): number {
  const number = Number(word)
  if (word === '' || !Number.isInteger(number) || number < 0) throw new Error(`--${option} is a whole number, and not ${word}.`)
  return number
}
