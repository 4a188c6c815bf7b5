/** What was promised, what the API says, and what lies in the file: compared by pure functions. @module */
import { closing, received } from '../workload/event-types.ts'

/** What stands at the end, and what was acknowledged on the way. */
export interface Ledgers {
  /** Every acknowledgement that a client received, also for a key that it sent again. */
  readonly acknowledged: readonly { readonly key: string; readonly request_id: string }[]
  /** Every request that there is. */
  readonly requests: readonly KeptRequest[]
  /** Every event of each tenant, in order. */
  readonly events: readonly KeptEvent[]
  /** What the file holds when nobody has it open. */
  readonly file: { readonly check: readonly string[]; readonly backlog: number; readonly jobs: number }
  /** How many processes died. */
  readonly crashes: number
  /** How a request should have ended, by its id. Default: completed, in its first round. */
  readonly expected?: ReadonlyMap<string, Ending>
}

export interface Ending {
  readonly status: string
  readonly round: number
}

export interface KeptRequest {
  readonly request_id: string
  readonly status: string
  readonly attempts: number
  /** As many starts as its timeline shows. */
  readonly starts: number
  /** Counts redrives, from 1. Default: 1. */
  readonly round?: number
}

export interface KeptEvent {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly sequence: number
  readonly tenant?: string
}

const usual: Ending = { status: 'completed', round: 1 }

/** What is wrong; nothing if everything that was accepted was kept and done, each once. */
export function findFaults(ledgers: Ledgers): string[] {
  return [...faultsOfPromises(ledgers), ...faultsOfRequests(ledgers), ...faultsOfEvents(ledgers), ...faultsOfFile(ledgers)]
}

function* faultsOfPromises({ acknowledged, requests }: Ledgers): Generator<string> {
  const kept = new Set(requests.map((request) => request.request_id))
  const idOf = new Map<string, string>()
  const keyOf = new Map<string, string>()
  for (const { key, request_id } of acknowledged) {
    const first = idOf.get(key) ?? request_id
    if (first !== request_id) yield `key ${key} gave ${first} and ${request_id}`
    const other = keyOf.get(request_id) ?? key
    if (other !== key) yield `${request_id} was given to the keys ${other} and ${key}`
    if (!kept.has(request_id)) yield `${request_id} was accepted and is lost`
    idOf.set(key, request_id)
    keyOf.set(request_id, key)
  }
  for (const id of kept) if (!keyOf.has(id)) yield `${id} is there, and nobody was told of it`
}

function* faultsOfRequests({ requests, expected, crashes }: Ledgers): Generator<string> {
  const seen = new Set<string>()
  for (const { request_id, status, attempts, starts, round = 1 } of requests) {
    if (seen.has(request_id)) yield `${request_id} is listed twice`
    seen.add(request_id)
    const wanted = expected?.get(request_id) ?? usual
    if (status !== wanted.status) yield `${request_id} is ${status}`
    else if (round !== wanted.round) yield `${request_id} is in round ${round} instead of ${wanted.round}`
    if (status === 'completed' && (attempts < 1 || starts < 1)) yield `${request_id} was completed without a start`
    // A start that its process did not live to write down is counted all the same, if the queue knew of it.
    if (attempts < starts || attempts > starts + crashes)
      yield `${request_id} counts ${attempts} attempts and shows ${starts} starts after ${crashes} crashes`
  }
}

function* faultsOfEvents({ requests, events }: Ledgers): Generator<string> {
  const ids = new Set<string>()
  const told = new Map<string, string[]>()
  const places = new Map<string, number>()
  for (const event of events) {
    const { id, sequence, tenant = '' } = event
    const place = (places.get(tenant) ?? 0) + 1
    places.set(tenant, place)
    if (sequence !== place) yield `event ${id} has the sequence ${sequence} in place ${place}`
    if (ids.has(id)) yield `the event id ${id} is there twice`
    ids.add(id)
    told.set(event.subject, [...(told.get(event.subject) ?? []), event.type])
  }
  for (const { request_id, status, round = 1 } of requests) {
    const types = told.get(request_id) ?? []
    told.delete(request_id)
    if (types.filter((type) => type === received).length !== 1)
      yield `${request_id} was received ${types.filter((type) => type === received).length} times`
    const ends = types.filter((type) => closing.includes(type))
    if (ends.length !== round)
      yield `${request_id} has ${ends.length} closing events in ${round === 1 ? 'one round' : `${round} rounds`}`
    if (closing.includes(types[0] ?? '')) yield `${request_id} ended before it was received`
    const last = `genai.request.${status === 'completed' ? 'completed' : 'failed'}`
    if (ends.length > 0 && ends.at(-1) !== last) yield `${request_id} is ${status}, and its last event is ${ends.at(-1)}`
  }
  for (const subject of told.keys()) yield `there are events of ${subject}, which doesn't exist`
}

function* faultsOfFile({ file }: Ledgers): Generator<string> {
  if (file.check.join() !== 'ok') yield `the file is damaged: ${file.check.join(', ')}`
  if (file.backlog !== 0) yield `the backlog counts ${file.backlog}`
  if (file.jobs !== 0) yield `${file.jobs} jobs are left`
}
