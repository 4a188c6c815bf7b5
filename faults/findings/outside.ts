/** What the world outside saw while processes died, against what is there at the end: compared by one pure function. @module */

import { closing } from '../workload/event-types.ts'
import type { FinalRequest, FinalState } from '../workload/final-state.ts'
import type { Entry } from '../workload/ledger.ts'
import { owed } from '../workload/owed.ts'
import type { Planned } from '../workload/plan.ts'
import { type Ending, findFaults } from './promises.ts'

export interface Outcome {
  readonly plan: readonly Planned[]
  /** All that was seen outside, in order. */
  readonly entries: readonly Entry[]
  readonly state: FinalState
}

type Of<Type extends Entry['type']> = Extract<Entry, { readonly type: Type }>

/** What is wrong; nothing if the crashes cost nobody anything but time and repeated calls of what was in flight. */
export function findOutsideFaults(outcome: Outcome): string[] {
  const { entries, state } = outcome
  const acknowledged = all(entries, 'acknowledged')
  return [
    ...(state.drained ? [] : ['it did not come to rest in time']),
    ...findFaults({
      acknowledged,
      requests: state.requests,
      events: state.events,
      file: {
        check: state.check,
        jobs: state.jobs,
        backlog: Object.values(state.backlogs).find((backlog) => backlog !== 0) ?? 0,
      },
      crashes: crashesOf(entries),
      expected: endings(outcome),
    }),
    ...faultsOfTexts(outcome),
    ...faultsOfCalls(outcome),
    ...faultsOfPublications(outcome),
    ...faultsOfLetters(state),
    ...faultsOfFolder(state),
    ...all(entries, 'missing').map(({ key }) => `what was acknowledged under key ${key} was not there when its client looked`),
    ...all(entries, 'reused').map(({ key }) => `another body was taken under key ${key}`),
  ]
}

/** How often the model was asked for something that it had answered before. */
export function repeatedCalls(entries: readonly Entry[]): number {
  const answered = all(entries, 'called').filter(({ told }) => told === 'answer' || told === 'refusal')
  return answered.length - new Set(answered.map(({ call }) => call)).size
}

function crashesOf(entries: readonly Entry[]): number {
  return all(entries, 'begun').length - all(entries, 'ended').length
}

/** What each client was told last, or else what its course leads to. */
function endings({ plan, entries }: Outcome): ReadonlyMap<string, Ending> {
  const tooLate = new Set(all(entries, 'too-late').map(({ key }) => key))
  const ends = new Map<string, Ending>()
  for (const { key, request_id } of all(entries, 'acknowledged')) {
    const course = plan.find((planned) => planned.key === key)?.course
    const cancelled = course?.startsWith('cancelled') && !tooLate.has(key)
    const status = cancelled ? 'cancelled' : course === 'refused' ? 'failed' : 'completed'
    ends.set(request_id, { status, round: course === 'redriven' ? 2 : 1 })
  }
  return ends
}

/** Nothing is torn, and nothing is someone else's. */
function* faultsOfTexts({ plan, entries, state }: Outcome): Generator<string> {
  const keyOf = new Map(all(entries, 'acknowledged').map(({ key, request_id }) => [request_id, key]))
  for (const { request_id, prompt, result, status, tenant } of state.requests) {
    const planned = plan.find(({ key }) => key === keyOf.get(request_id))
    if (!planned) continue
    if (tenant !== planned.tenant) yield `${request_id} belongs to ${tenant}`
    if (prompt !== planned.prompt) yield `${request_id} has a prompt that nobody sent`
    if (result !== (status === 'completed' ? planned.answer : undefined)) yield `${request_id} has a result that is not its own`
  }
}

/**
 * Every round that ended was asked for; what has ended is not asked for again; and a process asks once for what the provider doesn't
 * put off, so that there are no more repetitions than processes died with the call in flight.
 */
function* faultsOfCalls({ entries, state }: Outcome): Generator<string> {
  const byCall = new Map(state.requests.flatMap((request) => rounds(request).map((round) => [callOf(request, round), request])))
  const asked = new Set<string>()
  const over = new Set<string>()
  const ends = new Map<string, Set<string>>()
  let inThisLife = new Set<string>()
  for (const entry of entries) {
    if (entry.type === 'begun') inThisLife = new Set()
    if (entry.type === 'published' && closing.includes(entry.kind)) {
      const told = ends.get(entry.subject) ?? new Set()
      ends.set(entry.subject, told.add(entry.id))
      over.add(`${entry.tenant}:${entry.subject}:${told.size}`)
    }
    if (entry.type !== 'called') continue
    const { call, told } = entry
    const request = byCall.get(call)
    if (!request) yield `the model was asked for ${call}, which doesn't exist`
    // A worker may have begun just before a client cancelled.
    if (over.has(call) && request?.status !== 'cancelled') yield `the model was asked for ${call} after its end was told`
    if (inThisLife.has(call)) yield `the model was asked for ${call} twice by one process`
    if (told === 'answer' || told === 'refusal') {
      inThisLife.add(call)
      asked.add(call)
    }
  }
  for (const request of state.requests) {
    if (request.status === 'cancelled') continue
    for (const round of rounds(request))
      if (!asked.has(callOf(request, round))) yield `${request.request_id} ended in round ${round}, and the model was never asked`
  }
}

function rounds({ round }: FinalRequest): number[] {
  return Array.from({ length: round }, (_, index) => index + 1)
}

function callOf({ tenant, request_id }: FinalRequest, round: number): string {
  return `${tenant}:${request_id}:${round}`
}

/** Everything in the log was told, and nothing was told that isn't in the log; by one process to one receiver once. */
function* faultsOfPublications({ plan, entries, state }: Outcome): Generator<string> {
  const kept = new Map(state.events.map((event) => [event.id, event]))
  let inThisLife = new Set<string>()
  for (const entry of entries) {
    if (entry.type === 'begun') inThisLife = new Set()
    if (entry.type !== 'published' && entry.type !== 'delivered') continue
    const { id, kind, subject, sequence, tenant } = entry
    const event = kept.get(id)
    if (!event) yield `event ${id} (${kind} of ${subject}) was told and is not in the log`
    else if (event.type !== kind || event.subject !== subject || event.sequence !== sequence || event.tenant !== tenant)
      yield `event ${id} was told otherwise than it stands in the log`
    if (entry.type === 'published') continue
    if (inThisLife.has(`${entry.url} ${id}`)) yield `${entry.url} was told of event ${id} twice by one process`
    inThisLife.add(`${entry.url} ${id}`)
  }
  for (const { event, url = 'the bus' } of owed(plan, state.events, entries))
    yield `event ${event.id} (${event.type} of ${event.subject}) was never told to ${url}`
}

/** A dead letter for each request that failed, and for no other. */
function* faultsOfLetters({ requests, deadLetters }: FinalState): Generator<string> {
  const failed = new Set(requests.filter(({ status }) => status === 'failed').map(({ request_id }) => request_id))
  for (const id of failed) if (!deadLetters.includes(id)) yield `${id} failed and has no dead letter`
  for (const id of deadLetters) if (!failed.has(id)) yield `${id} has a dead letter and did not fail`
}

/** SQLite leaves its log, emptied, when another thread still looks through the file at the end. */
const ours = /^(?:plinth\.db(?:-wal|-shm)?|plinth\.lock|keyring\.json|master\.key|objects\/(?:alpha|beta)\/.+)$/

/** Whole objects, and no file that nobody knows. */
function* faultsOfFolder({ files, tornObjects }: FinalState): Generator<string> {
  for (const name of tornObjects) yield `the object ${name} is torn`
  for (const file of files) if (!ours.test(file.replaceAll('\\', '/'))) yield `${file} was left behind`
}

function all<Type extends Entry['type']>(entries: readonly Entry[], type: Type): Of<Type>[] {
  return entries.filter((entry): entry is Of<Type> => entry.type === type)
}
