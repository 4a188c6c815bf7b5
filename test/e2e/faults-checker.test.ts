import { describe, expect, it } from 'vitest'
import { findOutsideFaults, type Outcome, repeatedCalls } from '../../faults/findings/outside.ts'
import type { FinalState } from '../../faults/workload/final-state.ts'
import type { Entry } from '../../faults/workload/ledger.ts'
import { callbackUrl, planOf, subscribed, subscriberUrl } from '../../faults/workload/plan.ts'

const plan = planOf(12)
const byCourse = new Map(plan.map((planned) => [planned.course, planned]))

/** What is seen and what is left when all went well, but that one process died while the model was at `k0`. */
function sound(): Outcome {
  const entries: Entry[] = [{ type: 'begun' }, { type: 'called', call: 'alpha:r-k0:1', told: 'answer' }, { type: 'begun' }]
  const state = { requests: [], events: [], deadLetters: [], tornObjects: [], check: ['ok'], jobs: 0, drained: true } as const
  const kept = {
    requests: [] as FinalState['requests'][number][],
    events: [] as FinalState['events'][number][],
    deadLetters: [] as string[],
  }
  const sequences = new Map<string, number>()
  for (const { key, course, tenant, prompt, answer, callback } of plan) {
    const request_id = `r-${key}`
    const tell = (kind: string): void => {
      const sequence = (sequences.get(tenant) ?? 0) + 1
      sequences.set(tenant, sequence)
      const event = { id: `e-${tenant}-${sequence}`, tenant, subject: request_id, sequence }
      kept.events.push({ ...event, type: kind })
      entries.push({ type: 'published', ...event, kind })
      if (tenant === subscribed) entries.push({ type: 'delivered', ...event, kind, url: subscriberUrl })
      if (callback && kind !== 'genai.request.received') entries.push({ type: 'delivered', ...event, kind, url: callbackUrl })
    }
    entries.push({ type: 'acknowledged', key, tenant, request_id })
    tell('genai.request.received')
    const cancelled = course.startsWith('cancelled')
    const status = cancelled ? 'cancelled' : course === 'refused' ? 'failed' : 'completed'
    const round = course === 'redriven' ? 2 : 1
    for (let each = 1; each <= round; each++) {
      const told = each < round || status === 'failed' ? 'refusal' : 'answer'
      if (!cancelled) entries.push({ type: 'called', call: `${tenant}:${request_id}:${each}`, told })
      tell(`genai.request.${told === 'answer' && !cancelled ? 'completed' : 'failed'}`)
    }
    if (cancelled) entries.push({ type: 'cancelled', key })
    if (status === 'failed') kept.deadLetters.push(request_id)
    const result = status === 'completed' ? answer : undefined
    kept.requests.push({ request_id, tenant, status, round, attempts: round, starts: round, prompt, result })
  }
  entries.push({ type: 'ended' })
  return { plan, entries, state: { ...state, ...kept, backlogs: { alpha: 0, beta: 0 }, files: ['plinth.db', 'objects/alpha/x'] } }
}

type Doctor = (outcome: Outcome) => { readonly entries?: readonly Entry[]; readonly state?: Partial<FinalState> }

const idOf = (course: 'plain' | 'refused' | 'redriven' | 'cancelled-waiting' | 'late'): string => `r-${byCourse.get(course)?.key}`
const without = (entries: readonly Entry[], gone: (entry: Entry) => boolean): Entry[] => entries.filter((entry) => !gone(entry))
const insertBeforeEnd = (entries: readonly Entry[], ...more: Entry[]): Entry[] => [
  ...entries.slice(0, -1),
  ...more,
  ...entries.slice(-1),
]

const doctored: readonly (readonly [what: string, doctor: Doctor, fault: RegExp])[] = [
  ['what never came to rest', () => ({ state: { drained: false } }), /^it did not come to rest in time$/],
  [
    'a request that was cancelled and is answered',
    ({ state }) => ({
      state: {
        requests: state.requests.map((one) =>
          one.request_id === idOf('cancelled-waiting') ? { ...one, status: 'completed' } : one,
        ),
      },
    }),
    /^r-k\d+ is completed$/,
  ],
  [
    "another request's prompt",
    ({ state }) => ({
      state: { requests: state.requests.map((one) => (one.request_id === 'r-k0' ? { ...one, prompt: 'Prompt of k1.' } : one)) },
    }),
    /^r-k0 has a prompt that nobody sent$/,
  ],
  [
    'a result that is cut off',
    ({ state }) => ({ state: { requests: state.requests.map((one) => ({ ...one, result: one.result?.slice(1) })) } }),
    /^r-k0 has a result that is not its own$/,
  ],
  [
    'a request that moved to another tenant',
    ({ state }) => ({ state: { requests: state.requests.map((one) => ({ ...one, tenant: 'gamma' })) } }),
    /^r-k0 belongs to gamma$/,
  ],
  [
    'a call for nothing',
    ({ entries }) => ({ entries: insertBeforeEnd(entries, { type: 'called', call: 'alpha:ghost:1', told: 'answer' }) }),
    /^the model was asked for alpha:ghost:1, which doesn't exist$/,
  ],
  [
    'a call for what is over',
    ({ entries }) => ({
      entries: insertBeforeEnd(entries, { type: 'begun' }, { type: 'called', call: 'alpha:r-k0:1', told: 'answer' }),
    }),
    /^the model was asked for alpha:r-k0:1 after its end was told$/,
  ],
  [
    'a call that one process makes twice',
    ({ entries }) => ({ entries: entries.flatMap((entry): Entry[] => (entry.type === 'called' ? [entry, entry] : [entry])) }),
    /^the model was asked for alpha:r-k0:1 twice by one process$/,
  ],
  [
    'an end without a call',
    ({ entries }) => ({ entries: without(entries, (entry) => entry.type === 'called' && entry.call.includes(idOf('refused'))) }),
    /^r-k\d+ ended in round 1, and the model was never asked$/,
  ],
  [
    'an event that the bus was not told of',
    ({ entries }) => ({ entries: without(entries, (entry) => entry.type === 'published' && entry.id === 'e-alpha-1') }),
    /^event e-alpha-1 \(genai.request.received of r-k0\) was never told to the bus$/,
  ],
  [
    'an event that a webhook was not told of',
    ({ entries }) => ({ entries: without(entries, (entry) => entry.type === 'delivered' && entry.id === 'e-beta-1') }),
    /^event e-beta-1 .* was never told to https:\/\/subscriber\.test\/$/,
  ],
  [
    'an end that its client was not told of',
    ({ entries }) => ({ entries: without(entries, (entry) => entry.type === 'delivered' && entry.url === callbackUrl) }),
    /was never told to https:\/\/client\.test\/$/,
  ],
  [
    'an event that was told and is not kept',
    ({ state }) => ({ state: { events: state.events.filter(({ id }) => id !== 'e-alpha-1') } }),
    /^event e-alpha-1 .* was told and is not in the log$/,
  ],
  [
    'an event that was told otherwise',
    ({ entries }) => ({ entries: entries.map((entry) => (entry.type === 'delivered' ? { ...entry, subject: 'ghost' } : entry)) }),
    /was told otherwise than it stands in the log$/,
  ],
  [
    'a webhook that one process tells twice',
    ({ entries }) => ({ entries: entries.flatMap((entry): Entry[] => (entry.type === 'delivered' ? [entry, entry] : [entry])) }),
    /^https:\/\/\S+ was told of event \S+ twice by one process$/,
  ],
  ['a dead letter that is missing', () => ({ state: { deadLetters: [] } }), /^r-k\d+ failed and has no dead letter$/],
  [
    'a dead letter of what did not fail',
    ({ state }) => ({ state: { deadLetters: [...state.deadLetters, 'r-k0'] } }),
    /^r-k0 has a dead letter and did not fail$/,
  ],
  ["another tenant's backlog", () => ({ state: { backlogs: { alpha: 0, beta: 1 } } }), /^the backlog counts 1$/],
  ['a torn object', () => ({ state: { tornObjects: ['alpha/x'] } }), /^the object alpha\/x is torn$/],
  [
    'a file that nobody knows',
    () => ({ state: { files: ['plinth.db', 'master.key.7.new'] } }),
    /^master.key.7.new was left behind$/,
  ],
  [
    'a key that was taken for another body',
    ({ entries }) => ({ entries: [...entries, { type: 'reused', key: 'k0' }] }),
    /^another body was taken under key k0$/,
  ],
  [
    'what was gone when its client looked',
    ({ entries }) => ({ entries: [...entries, { type: 'missing', key: 'k0' }] }),
    /^what was acknowledged under key k0 was not there/,
  ],
]

describe('the checker of npm run faults', () => {
  it('finds nothing wrong with a sound run, and counts what was repeated', () => {
    expect(findOutsideFaults(sound())).toEqual([])
    expect(repeatedCalls(sound().entries)).toBe(1)
  })

  it.each(doctored)('finds %s', (_, doctor, fault) => {
    const outcome = sound()
    const { entries = outcome.entries, state } = doctor(outcome)
    const found = findOutsideFaults({ plan, entries, state: { ...outcome.state, ...state } })
    expect(
      found.some((one) => fault.test(one)),
      found.join('\n'),
    ).toBe(true)
  })

  it('lets a client that cancels too late have its answer', () => {
    const { entries, state } = sound()
    const key = byCourse.get('cancelled-waiting')?.key ?? ''
    const late = entries.map(
      (entry): Entry => (entry.type === 'cancelled' && entry.key === key ? { type: 'too-late', key } : entry),
    )
    expect(findOutsideFaults({ plan, entries: late, state })).toContain(`r-${key} is cancelled`)
  })
})
