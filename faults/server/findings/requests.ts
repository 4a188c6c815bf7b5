/** Every request that was accepted ends exactly once, by one event, with an answer of its own. @module */
import { type Ending, findFaults } from '../../findings/promises.ts'
import { deathsSince, entriesOf } from '../ledger.ts'
import { type TenantName, tenants } from '../marks.ts'
import { callsOf, type ModelCall } from './calls.ts'
import type { ServerOutcome } from './outcome.ts'

/** So many deaths in the middle of one, and it is given up. */
const mostDeaths = 20
const final: readonly string[] = ['completed', 'failed', 'cancelled']

export function* faultsOfRequests(outcome: ServerOutcome): Generator<string> {
  const { entries, state } = outcome
  const calls = Map.groupBy(callsOf(entries), ({ mark }) => mark)
  const crashes = entriesOf(entries, 'gone').length
  for (const tenant of tenants) {
    const { requests, events } = state.tenants[tenant]
    const acknowledged = entriesOf(entries, 'request')
      .filter((entry) => entry.tenant === tenant)
      .map(({ key, id }) => ({ key, request_id: id }))
    const expected = new Map<string, Ending>()
    for (const { request_id, status } of requests)
      expected.set(request_id, { status: final.includes(status) ? status : 'ended', round: 1 })
    const own = events.filter(({ type }) => type.startsWith('genai.request.'))
    const faults = findFaults({
      acknowledged,
      requests: requests.map((request) => ({
        ...request,
        starts: request.timeline.filter(({ type }) => type === 'started').length,
      })),
      // Their places in the whole log are looked at by themselves.
      events: own.map((event, index) => ({ ...event, sequence: index + 1, tenant })),
      file: { check: ['ok'], backlog: 0, jobs: 0 },
      crashes,
      expected,
    })
    for (const fault of faults) yield `${tenant}: ${fault}`
    yield* faultsOfSequence(outcome, tenant)
    yield* faultsOfAnswers(outcome, tenant, calls)
  }
}

function* faultsOfSequence({ state }: ServerOutcome, tenant: TenantName): Generator<string> {
  for (const [index, { id, sequence }] of state.tenants[tenant].events.entries())
    if (sequence !== index + 1) return yield `${tenant}: event ${id} has the sequence ${sequence} in place ${index + 1}`
}

function* faultsOfAnswers(
  { entries, state }: ServerOutcome,
  tenant: TenantName,
  calls: ReadonlyMap<string, readonly ModelCall[]>,
): Generator<string> {
  const sent = new Map(entriesOf(entries, 'request').map((entry) => [`${entry.tenant} ${entry.id}`, entry]))
  const refused = new Set(entriesOf(entries, 'refused').map(({ key }) => key))
  const cancelled = new Set(entriesOf(entries, 'cancelled').map(({ id }) => id))
  for (const { request_id, status, result, usage, error } of state.tenants[tenant].requests) {
    const request = sent.get(`${tenant} ${request_id}`)
    if (!request) continue
    const { key } = request
    const asked = calls.get(key) ?? []
    const answers = asked.filter(({ end }) => end?.end === 'answered')
    if (status === 'completed') {
      const answer = answers.find(({ end }) => end?.text === result?.text)
      if (!answer) yield `${tenant}: ${request_id} has an answer that the model never gave it`
      else if (usage?.output_tokens !== answer.end?.output)
        yield `${tenant}: ${request_id} counts ${usage?.output_tokens} tokens of an answer of ${answer.end?.output}`
    }
    if (status === 'cancelled' && !cancelled.has(request_id))
      yield `${tenant}: ${request_id} is cancelled, which nobody asked for`
    if (
      status === 'failed' &&
      !(error?.code === 'cut_off' && deathsSince(entries, request) >= mostDeaths) &&
      !asked.some(({ end }) => end?.end === 'reset' || end?.end === 'hung' || end?.end === 'cut')
    )
      yield `${tenant}: ${request_id} failed without a cause: ${error?.code} ${error?.message}`
    if (refused.has(key)) yield `${tenant}: ${request_id} was refused and is there`
  }
}
