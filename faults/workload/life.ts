/**
 * One life of a process on the embedded platform: opens the folder, serves clients that go on from what they were told before, waits until
 * everything has come to rest, and closes. Where it is killed is not its business.
 *
 * It is run by node with a LifeOptions as JSON.
 * @module
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import {
  Authenticator,
  type Clock,
  Dispatcher,
  LocalIssuer,
  type Platform,
  patterns,
  Relay,
  type Scope,
  Sweeper,
  silentLog,
  TenantRegistry,
  WorkerHost,
} from '@plinth/core'
import { type LocalPlatform, localPlatform, systemClock } from '@plinth/local'
import { Clients } from './clients.ts'
import { countJobs, eventsOf, type FinalState, readFolder, readPlatform } from './final-state.ts'
import { Ledger } from './ledger.ts'
import { providerOf } from './model.ts'
import { owed } from './owed.ts'
import { type Planned, planOf, subscribed, tenants } from './plan.ts'
import { ensureSubscriber, Receivers } from './receivers.ts'
import { Signals } from './signals.ts'
import type { AnyStep, TellStep } from './steps.ts'

export interface LifeOptions {
  /** The data folder. */
  readonly directory: string
  /** The file of what is seen outside. */
  readonly ledger: string
  readonly requests: number
  /** How many pages SQLite's log holds before a checkpoint; few, so that there are many. */
  readonly logPages: number
  /** How long it may take until everything has come to rest, milliseconds. */
  readonly within: number
  /** Where the final state is written; absent: it isn't read. */
  readonly state?: string
  /** Die at the n-th time of a step. */
  readonly die?: { readonly step: AnyStep; readonly time: number }
  /** Write down how often each step came, at the end. */
  readonly steps?: string
}

/** Ticks come ten times as fast, waits for retries are short; all the rest is as it is. */
const hastyClock: Clock = {
  ...systemClock,
  random: () => systemClock.random() / 50,
  setTimer: (delay, run) => systemClock.setTimer(delay === 250 ? 25 : delay, run),
}

await live(JSON.parse(process.argv[2] ?? '') as LifeOptions)

async function live(options: LifeOptions): Promise<void> {
  const ledger = new Ledger(options.ledger)
  ledger.add({ type: 'begun' })
  const steps = new Map<AnyStep, number>()
  const tell: TellStep = (step) => {
    const time = (steps.get(step) ?? 0) + 1
    steps.set(step, time)
    if (options.die?.step === step && options.die.time === time) process.kill(process.pid, 'SIGKILL')
  }
  const plan = planOf(options.requests)
  const signals = new Signals()
  const watched = options.die !== undefined || options.steps !== undefined
  const platform = await localPlatform({
    directory: options.directory,
    outbound: new Receivers(ledger, tell),
    models: providerOf({ plan, ledger, signals, tell }),
    clock: hastyClock,
    logPages: options.logPages,
    onFatal: (error) => {
      console.error(error)
      process.exit(3)
    },
    ...(watched ? { onStep: tell } : {}),
  })
  listen(platform, ledger, tell)
  const scopes = await openScopes(platform)
  const operator = platform.operate()
  await ensureSubscriber(scopes.get(subscribed))
  const relay = new Relay({ operator, log: silentLog, dispatcher: new Dispatcher({ operator, patterns, log: silentLog }) })
  const sweeper = new Sweeper({ operator, log: silentLog })
  const host = new WorkerHost({ platform, patterns, log: silentLog })
  ledger.add({ type: 'ready', at: Date.now() })

  const clients = new Clients({ scopes, ledger, signals, tell })
  const drained = await Promise.race([
    clients.follow(plan).then(() => rest(options, plan, platform, scopes, ledger)),
    pause(options.within, false, { ref: false }),
  ])
  await sweeper.sweep()
  const state = options.state === undefined ? undefined : await readPlatform(operator, scopes)
  await Promise.race([host.drain(), pause(options.within, undefined, { ref: false })])
  await Promise.all([relay.stop(), sweeper.stop()])
  await platform.close()
  if (state && options.state !== undefined) {
    const final: FinalState = { drained, ...state, ...readFolder(options.directory) }
    writeFileSync(options.state, JSON.stringify(final))
  }
  if (options.steps !== undefined) writeFileSync(options.steps, JSON.stringify(Object.fromEntries(steps)))
  ledger.add({ type: 'ended' })
  process.exit(0)
}

/** A subscriber of the bus, at the outward edge. */
function listen({ bus }: LocalPlatform, ledger: Ledger, tell: TellStep): void {
  bus.subscribe(({ id, type, tenant, subject, sequence }) => {
    tell('before-published')
    ledger.add({ type: 'published', id, kind: type, tenant, subject, sequence })
    tell('published')
  })
}

/** What a server does at its start, and a token for each tenant. */
async function openScopes(platform: Platform): Promise<ReadonlyMap<string, Scope>> {
  const operator = platform.operate()
  const registry = new TenantRegistry(operator)
  for (const tenant of tenants) await registry.ensure(tenant, tenant)
  const issuer = await LocalIssuer.open(operator)
  const authenticator = new Authenticator({ registry, issuer, clock: operator.clock })
  const scopes = new Map<string, Scope>()
  for (const tenant of tenants) {
    const token = await issuer.sign({ tenant, user: 'client', permissions: ['*'], lifetime: 3_600 })
    scopes.set(tenant, platform.scope(await authenticator.authenticate(`Bearer ${token}`, `correlation-${tenant}`)))
  }
  return scopes
}

/** Resolves when every request has ended, no job is left, and every event was told to whoever is to be told. */
async function rest(
  options: LifeOptions,
  plan: readonly Planned[],
  platform: Platform,
  scopes: ReadonlyMap<string, Scope>,
  ledger: Ledger,
): Promise<boolean> {
  const operator = platform.operate()
  const database = new DatabaseSync(join(options.directory, 'plinth.db'), { readOnly: true })
  try {
    for (;;) {
      if (countJobs(database) === 0 && (await isQuiet())) return true
      await pause(4)
    }
  } finally {
    database.close()
  }

  async function isQuiet(): Promise<boolean> {
    const events = (await Promise.all([...scopes].map(([tenant, scope]) => eventsOf(tenant, scope)))).flat()
    if (owed(plan, events, ledger.entries).length > 0) return false
    for (const tenant of scopes.keys()) {
      const { items } = await operator.store.list({ tenant, collection: 'requests', list: 1, group: 'processing', limit: 1 })
      if (items.length > 0) return false
    }
    return true
  }
}
