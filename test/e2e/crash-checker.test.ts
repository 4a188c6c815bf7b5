import { describe, expect, it } from 'vitest'
import { findFaults, type Ledgers } from '../../faults/findings/promises.ts'

/** Ledgers of a run in which all went well. */
function sound(): Ledgers {
  const ids = ['a', 'b', 'c']
  const types = ['genai.request.received', 'genai.request.completed']
  return {
    acknowledged: [...ids, 'b'].map((id) => ({ key: `key-${id}`, request_id: id })),
    requests: ids.map((id) => ({ request_id: id, status: 'completed', attempts: 1, starts: 1 })),
    events: types
      .flatMap((type) => ids.map((id) => ({ type, subject: id })))
      .map((event, index) => ({ ...event, id: `e${index}`, sequence: index + 1 })),
    file: { check: ['ok'], backlog: 0, jobs: 0 },
    crashes: 1,
  }
}

type Doctor = (ledgers: Ledgers) => Partial<Ledgers>

const renumber = (events: Ledgers['events']): Ledgers['events'] =>
  events.map((event, index) => ({ ...event, sequence: index + 1 }))

const doctored: readonly (readonly [what: string, doctor: Doctor, fault: RegExp])[] = [
  [
    'a lost request',
    ({ requests, events }) => ({
      requests: requests.slice(1),
      events: renumber(events.filter((event) => event.subject !== 'a')),
    }),
    /^a was accepted and is lost$/,
  ],
  [
    'a request that nobody was told of',
    ({ acknowledged }) => ({ acknowledged: acknowledged.slice(1) }),
    /^a is there, and nobody/,
  ],
  [
    'two ids for one key',
    ({ acknowledged }) => ({ acknowledged: [...acknowledged, { key: 'key-a', request_id: 'b' }] }),
    /^key key-a gave a and b$/,
  ],
  [
    'one id for two keys',
    ({ acknowledged }) => ({ acknowledged: [...acknowledged, { key: 'key-z', request_id: 'a' }] }),
    /^a was given to the keys/,
  ],
  [
    'a request that is listed twice',
    ({ requests }) => ({ requests: [...requests, ...requests.slice(0, 1)] }),
    /^a is listed twice$/,
  ],
  [
    'a request that is stuck',
    ({ requests }) => ({ requests: requests.map((one) => ({ ...one, status: 'processing' })) }),
    /^c is processing$/,
  ],
  [
    'a request that failed',
    ({ requests }) => ({ requests: requests.map((one) => ({ ...one, status: 'failed' })) }),
    /^a is failed$/,
  ],
  [
    'an answer without a start',
    ({ requests }) => ({ requests: requests.map((one) => ({ ...one, attempts: 0, starts: 0 })) }),
    /^a was completed without a start$/,
  ],
  [
    'more attempts than starts and crashes',
    ({ requests }) => ({ requests: requests.map((one) => ({ ...one, attempts: 3 })) }),
    /^a counts 3 attempts and shows 1 starts after 1 crashes$/,
  ],
  [
    'a request in a round that nobody began',
    ({ requests }) => ({ requests: requests.map((one) => ({ ...one, round: 2 })) }),
    /^a is in round 2 instead of 1$/,
  ],
  [
    'an end that is not the one that was told',
    ({ events }) => ({ events: events.map((event) => ({ ...event, type: event.type.replace('completed', 'failed') })) }),
    /^a is completed, and its last event is genai.request.failed$/,
  ],
  [
    'a start that was not counted',
    ({ requests }) => ({ requests: requests.map((one) => ({ ...one, starts: 2 })) }),
    /^a counts 1 attempts and shows 2/,
  ],
  [
    'a doubled closing event',
    ({ events }) => ({ events: [...events, { id: 'x', type: 'genai.request.completed', subject: 'a', sequence: 7 }] }),
    /^a has 2 closing events in one round$/,
  ],
  [
    'a second ending',
    ({ events }) => ({ events: [...events, { id: 'x', type: 'genai.request.failed', subject: 'a', sequence: 7 }] }),
    /^a has 2 closing events in one round$/,
  ],
  [
    'a doubled received',
    ({ events }) => ({ events: [...events, { id: 'x', type: 'genai.request.received', subject: 'a', sequence: 7 }] }),
    /^a was received 2 times$/,
  ],
  ['a missing closing event', ({ events }) => ({ events: events.slice(0, -1) }), /^c has 0 closing events in one round$/],
  ['a missing received', ({ events }) => ({ events: renumber(events.slice(1)) }), /^a was received 0 times$/],
  [
    'an end before its beginning',
    ({ events }) => ({ events: renumber(events.toReversed()) }),
    /^a ended before it was received$/,
  ],
  [
    'an event id used twice',
    ({ events }) => ({ events: events.map((event) => ({ ...event, id: 'same' })) }),
    /^the event id same is there twice$/,
  ],
  [
    'a gap in the sequence',
    ({ events }) => ({ events: events.map((event) => ({ ...event, sequence: event.sequence + (event.sequence > 3 ? 1 : 0) })) }),
    /^event e3 has the sequence 5 in place 4$/,
  ],
  [
    'events of nothing',
    ({ events }) => ({ events: [...events, { id: 'x', type: 'genai.request.received', subject: 'ghost', sequence: 7 }] }),
    /^there are events of ghost/,
  ],
  ['a damaged file', ({ file }) => ({ file: { ...file, check: ['row 7 missing from index'] } }), /^the file is damaged/],
  ['a backlog that counts wrongly', ({ file }) => ({ file: { ...file, backlog: -1 } }), /^the backlog counts -1$/],
  ['a job left behind', ({ file }) => ({ file: { ...file, jobs: 1 } }), /^1 jobs are left$/],
]

describe('the checker of crash.test.ts and of npm run faults', () => {
  it('finds nothing wrong with a sound run', () => {
    expect(findFaults(sound())).toEqual([])
  })

  it.each(doctored)('finds %s', (_, doctor, fault) => {
    const ledgers = sound()
    expect(findFaults({ ...ledgers, ...doctor(ledgers) }).some((found) => fault.test(found))).toBe(true)
  })
})
