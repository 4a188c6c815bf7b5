import { describe, expect, it } from 'vitest'
import { endedBy, rowsOf, withNewest } from '../src/screens/requests/merge-rows.ts'
import type { LogEvent, RequestRow } from '../src/screens/requests/request.ts'
import { roundsOf } from '../src/screens/requests/spans.ts'

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString()
const ms = (second: number): number => Date.parse(at(second))

const row = (number: number, more: Partial<RequestRow> = {}): RequestRow =>
  ({
    request_id: `r${number}`,
    status: 'processing',
    accepted_at: at(number),
    ended_at: null,
    usage: null,
    error: null,
    timeline: [{ at: at(number), type: 'received' }],
    ...more,
  }) as RequestRow

const page = (numbers: readonly number[], next: string | null = 'more') => ({
  items: numbers.map((one) => row(one)),
  next_cursor: next,
})
const idsOf = (pages: ReturnType<typeof withNewest>): string[] =>
  pages.flatMap(({ items }) => items.map(({ request_id }) => request_id))

describe('the newest page, put in front of those that are loaded', () => {
  it('adds what is new, and takes what it tells of the others', () => {
    const newest = { items: [row(5), row(4, { status: 'completed' })], next_cursor: 'x' }
    const merged = withNewest([page([4, 3]), page([2, 1], null)], newest, 2)
    expect(idsOf(merged)).toEqual(['r5', 'r4', 'r3', 'r2', 'r1'])
    expect(merged[0]?.items[1]?.status).toBe('completed')
    expect(merged.at(-1)?.next_cursor).toBeNull()
  })

  it('leaves out what is no longer among them', () => {
    expect(idsOf(withNewest([page([5, 4, 3]), page([2, 1])], page([5, 3]), 2))).toEqual(['r5', 'r3', 'r2', 'r1'])
  })

  it('takes the place of all where it is the whole, or so much came that a gap would lie between', () => {
    expect(idsOf(withNewest([page([3, 2, 1])], page([3], null), 2))).toEqual(['r3'])
    expect(idsOf(withNewest([page([3, 2, 1])], page([9, 8]), 2))).toEqual(['r9', 'r8'])
    expect(idsOf(withNewest([page([3, 2, 1])], page([9]), 2))).toEqual(['r9', 'r3', 'r2', 'r1'])
  })
})

describe('what events tell of a request’s end', () => {
  const told = (type: string, detail: object): LogEvent => ({
    id: 'e',
    type,
    time: at(9),
    sequence: 1,
    subject: 'r1',
    detail: { ...detail },
  })
  const completed = endedBy(told('genai.request.completed', { usage: { usd: 1 } }))
  const expired = endedBy(told('genai.request.failed', { status: 'expired', error: { code: 'expired' } }))

  it('is its status, error and use', () => {
    expect(completed).toMatchObject({ status: 'completed', ended_at: at(9), usage: { usd: 1 } })
    expect(expired).toMatchObject({ status: 'failed', error: { code: 'expired' } })
    expect(endedBy(told('genai.request.failed', { status: 'cancelled', error: {} }))?.status).toBe('cancelled')
    expect(endedBy(told('genai.request.received', {}))).toBeUndefined()
  })

  it('changes the row that it is about, but for one that was redriven since', () => {
    const ends = new Map(completed ? [['r1', completed]] : [])
    const redriven = row(1, { timeline: [{ at: at(10), type: 'redriven' }] })
    expect(rowsOf([page([2, 1])], ends, undefined).map(({ status }) => status)).toEqual(['processing', 'completed'])
    expect(rowsOf([{ items: [redriven], next_cursor: null }], ends, undefined)[0]?.status).toBe('processing')
    expect(rowsOf([page([2, 1])], ends, 'processing').map(({ request_id }) => request_id)).toEqual(['r2'])
  })
})

describe('a timeline as stretches', () => {
  it('waits, attempts and pauses, to the end', () => {
    const [round, ...others] = roundsOf(
      [
        { at: at(0), type: 'received' },
        { at: at(1), type: 'waiting', detail: 'model_busy' },
        { at: at(3), type: 'started', attempt: 1 },
        { at: at(4), type: 'throttled', attempt: 1, detail: 'model_throttled' },
        { at: at(6), type: 'started', attempt: 2 },
        { at: at(7), type: 'started', attempt: 3 },
        { at: at(9), type: 'completed', attempt: 3 },
      ],
      ms(100),
    )
    expect(others).toEqual([])
    expect(round).toMatchObject({ start: ms(0), end: ms(9) })
    expect(round?.spans).toEqual([
      { kind: 'queued', start: ms(0), end: ms(1), outcome: 'waiting' },
      { kind: 'capacity', start: ms(1), end: ms(3), outcome: 'started', reason: 'model_busy' },
      { kind: 'attempt', attempt: 1, start: ms(3), end: ms(4), outcome: 'throttled', reason: 'model_throttled' },
      { kind: 'pause', start: ms(4), end: ms(6), outcome: 'started' },
      { kind: 'attempt', attempt: 2, start: ms(6), end: ms(7), outcome: 'cut off' },
      { kind: 'attempt', attempt: 3, start: ms(7), end: ms(9), outcome: 'completed' },
    ])
  })

  it('what goes on ends now, and a redrive begins another round', () => {
    const rounds = roundsOf(
      [
        { at: at(0), type: 'received' },
        { at: at(2), type: 'started', attempt: 1 },
        { at: at(3), type: 'failed', attempt: 1, detail: 'model_gone' },
        { at: at(500), type: 'redriven' },
      ],
      ms(504),
    )
    expect(rounds.map(({ number, start, end }) => [number, start, end])).toEqual([
      [1, ms(0), ms(3)],
      [2, ms(500), ms(504)],
    ])
    expect(rounds[1]?.spans).toEqual([{ kind: 'queued', start: ms(500), end: ms(504) }])
  })

  it('what may not be worked before a time is scheduled, then queued', () => {
    const received = { at: at(0), type: 'received' }
    expect(roundsOf([received], ms(5), ms(60))[0]?.spans).toEqual([{ kind: 'scheduled', start: ms(0), end: ms(5) }])
    const spans = roundsOf([received, { at: at(61), type: 'started', attempt: 1 }], ms(70), ms(60))[0]?.spans
    expect(spans?.map(({ kind, start, end }) => [kind, start, end])).toEqual([
      ['scheduled', ms(0), ms(60)],
      ['queued', ms(60), ms(61)],
      ['attempt', ms(61), ms(70)],
    ])
  })
})
