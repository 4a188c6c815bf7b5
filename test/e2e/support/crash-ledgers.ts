/** What was promised, what the API says, and what lies in the file: compared by one pure function. @module */

export interface Ledgers {
  /** Every 202 that a client received, also for a key that it sent again. */
  readonly acknowledged: readonly { readonly key: string; readonly request_id: string }[]
  /** Every request that the API lists. */
  readonly requests: readonly {
    readonly request_id: string
    readonly status: string
    readonly attempts: number
    readonly starts: number
  }[]
  /** Every event that the API lists, in its order. */
  readonly events: readonly { readonly id: string; readonly type: string; readonly subject: string; readonly sequence: number }[]
  /** What the file holds when the server has stopped. */
  readonly file: { readonly check: readonly string[]; readonly backlog: number; readonly jobs: number }
}

const received = 'genai.request.received'
const closing: readonly string[] = ['genai.request.completed', 'genai.request.failed']

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

function* faultsOfRequests({ requests }: Ledgers): Generator<string> {
  const seen = new Set<string>()
  for (const { request_id, status, attempts, starts } of requests) {
    if (seen.has(request_id)) yield `${request_id} is listed twice`
    seen.add(request_id)
    if (status !== 'completed') yield `${request_id} is ${status}`
    if (attempts < 1) yield `${request_id} was completed without a start`
    // A start that was cut off at once is counted; it isn't shown.
    if (starts > attempts || starts < 1) yield `${request_id} counts ${attempts} attempts and shows ${starts} starts`
  }
}

function* faultsOfEvents({ requests, events }: Ledgers): Generator<string> {
  const ids = new Set<string>()
  const told = new Map<string, string[]>()
  for (const [index, event] of events.entries()) {
    if (event.sequence !== index + 1) yield `event ${event.id} has the sequence ${event.sequence} in place ${index + 1}`
    if (ids.has(event.id)) yield `the event id ${event.id} is there twice`
    ids.add(event.id)
    told.set(event.subject, [...(told.get(event.subject) ?? []), event.type])
  }
  for (const { request_id } of requests) {
    const types = told.get(request_id) ?? []
    told.delete(request_id)
    if (types.filter((type) => type === received).length !== 1)
      yield `${request_id} was received ${types.filter((type) => type === received).length} times`
    const ends = types.filter((type) => closing.includes(type))
    if (ends.length !== 1) yield `${request_id} has ${ends.length} closing events`
    if (closing.includes(types[0] ?? '')) yield `${request_id} ended before it was received`
    if (ends.includes('genai.request.failed')) yield `${request_id} failed`
  }
  for (const subject of told.keys()) yield `there are events of ${subject}, which doesn't exist`
}

function* faultsOfFile({ file }: Ledgers): Generator<string> {
  if (file.check.join() !== 'ok') yield `the file is damaged: ${file.check.join(', ')}`
  if (file.backlog !== 0) yield `the backlog counts ${file.backlog}`
  if (file.jobs !== 0) yield `${file.jobs} jobs are left`
}
