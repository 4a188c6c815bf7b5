import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collect, jobOf } from '../../src/contracts/index.ts'
import { followRequest } from '../../src/event-driven/follow.ts'
import { progress, readProgress, streamId, wholeEnd } from '../../src/event-driven/progress.ts'
import { cancelRequest, handleGenaiProcessingEvent, type ServerEvent } from '../../src/index.ts'
import { type ScriptedCall, streamOf } from '../../src/testing/index.ts'
import { EventBench, read } from './bench.ts'

const open = (): AbortSignal => new AbortController().signal
const usage = {
  inputTokens: { total: 1, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 1, text: undefined, reasoning: undefined },
}

/** Says a piece at each of these milliseconds, then ends or breaks. */
async function* saying(
  bench: () => EventBench,
  pieces: readonly (readonly [wait: number, text: string])[],
  end: 'stop' | 'break' | 'hang' = 'stop',
): AsyncGenerator<LanguageModelV4StreamPart> {
  for (const [wait, delta] of pieces) {
    if (wait > 0) await new Promise<void>((resolve) => bench().memory.clock.setTimer(wait, resolve))
    yield { type: 'text-delta', id: '0', delta }
  }
  if (end === 'hang') await new Promise(() => {})
  if (end === 'break') throw Object.assign(new Error('raw'), { statusCode: 503 })
  yield { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage }
}

async function openSaying(
  script: (call: ScriptedCall) => AsyncGenerator<LanguageModelV4StreamPart>,
  options: Parameters<typeof EventBench.open>[1] = {},
): Promise<EventBench> {
  const bench = await EventBench.open((call) => ({ stream: streamOf(script(call)) }), options)
  return bench
}

const textOf = (events: readonly ServerEvent[]): string =>
  events.map(({ event, data }) => (event === 'token' ? (data as { text: string }).text : '')).join('')
const kinds = (events: readonly ServerEvent[]): unknown[] =>
  events.map(({ event, data }) => (event === 'status' ? (data as { type: string }).type : event))
/** The tokens that count: those behind the last start. */
const lastText = (events: readonly ServerEvent[]): string => textOf(events.slice(kinds(events).lastIndexOf('started') + 1))

describe('the text of an answer that comes bit by bit', () => {
  it('reaches a follower as it comes, and is whole at the end', async () => {
    const bench: EventBench = await openSaying(() =>
      saying(
        () => bench,
        [
          [0, 'One '],
          [1_000, 'two '],
          [1_000, 'three.'],
        ],
      ),
    )
    const id = await bench.submit({ model_id: 'test/stream' })
    const begun = bench.memory.clock.now()
    const seen: [number, string][] = []
    const stream = followRequest(await bench.scope(), id, 0, open())
    const events: ServerEvent[] = []
    const reading = (async () => {
      for await (const event of stream) {
        events.push(event)
        if (event.event === 'token') seen.push([bench.memory.clock.now() - begun, textOf([event])])
      }
    })()
    await bench.pass(5_000, 250)
    await reading
    expect(kinds(events)).toEqual(['received', 'started', 'token', 'token', 'token', 'completed', 'done'])
    expect(seen.map(([, text]) => text)).toEqual(['One ', 'two ', 'three.'])
    expect(seen[0]?.[0]).toBeLessThanOrEqual(1_000)
    expect(seen[1]?.[0]).toBeLessThanOrEqual(2_000)
    expect(events.map(({ id: each }) => each)).toEqual([
      streamId(1),
      streamId(2),
      streamId(2, 4),
      streamId(2, 8),
      streamId(2, 14),
      streamId(3),
      streamId(3, 1),
    ])
    await bench.stop()
  })

  it('costs no commit when it is whole before a tick', async () => {
    const bench: EventBench = await openSaying(() => saying(() => bench, [[50, 'Soon.']]))
    const id = await bench.submit({ model_id: 'test/stream' })
    await bench.pass(3_000, 50)
    expect(await bench.result(id)).toBe('Soon.')
    const rows = await collect(readProgress(await bench.scope(), id, 2, 0))
    expect(rows).toEqual([])
    await bench.stop()
  })

  it('is sealed, and gone within an hour [X15]', async () => {
    const bench: EventBench = await openSaying(() => saying(() => bench, [[300, 'canary of the text']], 'hang'))
    const id = await bench.submit({ model_id: 'test/stream' })
    await bench.pass(1_500, 250)
    const { state } = bench.memory.inner
    const rows = await collect(state.read('alpha', progress.name, id))
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows[0]?.index)).not.toContain('canary')
    expect(new TextDecoder().decode(rows[0]?.sealed.text)).not.toContain('canary')
    bench.memory.clock.jump(bench.memory.clock.now() + 3_600_000)
    expect(await collect(state.read('alpha', progress.name, id))).toEqual([])
  })

  it('of an attempt that failed stays before the next start, which begins anew', async () => {
    const bench: EventBench = await openSaying(({ attempt }) =>
      attempt === 1
        ? saying(
            () => bench,
            [
              [300, 'Half '],
              [500, 'an answ'],
            ],
            'break',
          )
        : saying(
            () => bench,
            [
              [300, 'A whole '],
              [700, 'answer.'],
            ],
          ),
    )
    const id = await bench.submit({ model_id: 'test/stream' })
    const events = await read(bench, followRequest(await bench.scope(), id, 0, open()), 100)
    expect(kinds(events).filter((kind) => kind !== 'token')).toEqual([
      'received',
      'started',
      'retrying',
      'started',
      'completed',
      'done',
    ])
    const failed = kinds(events).indexOf('retrying')
    expect(textOf(events.slice(0, failed))).toMatch(/^Half /)
    expect(textOf(events.slice(failed))).toBe('A whole answer.')
    expect(lastText(events)).toBe(await bench.result(id))
    // Who comes later sees the same of both.
    const later = await read(bench, followRequest(await bench.scope(), id, 0, open()), 100)
    expect(textOf(later.slice(0, kinds(later).indexOf('retrying')))).toBe(textOf(events.slice(0, failed)))
    expect(lastText(later)).toBe('A whole answer.')
    await bench.stop()
  })

  it('goes on behind the last id after the pieces are gone, and after a gap', async () => {
    const bench: EventBench = await openSaying(() =>
      saying(
        () => bench,
        [
          [300, 'One '],
          [600, 'two '],
          [600, 'three '],
          [600, 'four.'],
        ],
      ),
    )
    const id = await bench.submit({ model_id: 'test/stream' })
    await bench.pass(1_500, 250)
    const { state } = bench.memory.inner
    const [first] = await collect(state.read('alpha', progress.name, id))
    if (!first) throw new Error('There is a piece.')
    // As when power fails: a piece is lost, a later one is there.
    await state.commit({ writes: [{ delete: first }] })
    expect(await collect(state.read('alpha', progress.name, id))).not.toEqual([])
    const scope = await bench.scope()
    expect((await bench.fields(id)).status).toBe('processing')
    const rest = read(bench, followRequest(scope, id, streamId(2, 2), open()), 100)
    expect(textOf(await rest)).toBe('e two three four.')
    expect((await rest).filter(({ event }) => event === 'token')).toHaveLength(1)
    bench.memory.clock.jump(bench.memory.clock.now() + 2 * 3_600_000)
    expect(textOf(await read(bench, followRequest(scope, id, streamId(2, 6), open()), 100))).toBe('o three four.')
    expect(lastText(await read(bench, followRequest(scope, id, 0, open()), 100))).toBe('One two three four.')
    await bench.stop()
  })

  it('is never cut within a character', async () => {
    expect(wholeEnd('a\ud83d\ude00')).toBe(3)
    expect(wholeEnd('a\ud83d')).toBe(1)
    expect(wholeEnd('a\ude00')).toBe(2)
    expect(wholeEnd('')).toBe(0)
    const bench: EventBench = await openSaying(() =>
      saying(
        () => bench,
        [
          [300, 'A \ud83d'],
          [1_000, '\ude00!'],
        ],
      ),
    )
    const id = await bench.submit({ model_id: 'test/stream' })
    const events = await read(bench, followRequest(await bench.scope(), id, 0, open()), 100)
    const tokens = events.filter(({ event }) => event === 'token').map(({ data }) => (data as { text: string }).text)
    expect(tokens).toEqual(['A ', '\ud83d\ude00!'])
    await bench.stop()
  })

  it('whatever it is and whenever it comes: any cuts and resumes give the same tokens, joined the result', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
      fc.constantFrom('\ud83d', '\ude00', 'plain '),
    )
    const plan = fc.record({
      failures: fc.array(fc.array(fc.tuple(fc.nat(900), piece), { minLength: 0, maxLength: 4 }), { maxLength: 2 }),
      pieces: fc.array(fc.tuple(fc.nat(900), piece), { minLength: 1, maxLength: 8 }),
      cuts: fc.array(fc.nat(12), { maxLength: 8 }),
      pauses: fc.array(fc.nat(1_500), { minLength: 1, maxLength: 8 }),
      hostile: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ failures, pieces, cuts, pauses, hostile }) => {
        const bench: EventBench = await openSaying(
          ({ attempt }) => {
            const failing = failures[attempt - 1]
            return failing ? saying(() => bench, failing, 'break') : saying(() => bench, pieces)
          },
          hostile ? { hostile: { conflict: 0.2, ambiguousCommit: 0.1 } } : {},
        )
        const scope = await bench.scope()
        bench.memory.hostile.calm()
        const id = await bench.submit({ model_id: 'test/stream' })
        if (hostile) bench.memory.hostile.set({ conflict: 0.2, ambiguousCommit: 0.1 })
        const events: ServerEvent[] = []
        let after = 0
        for (const [index, cut] of cuts.entries()) {
          const some = await read(bench, followRequest(scope, id, after, open()), cut + 1)
          events.push(...some)
          after = events.at(-1)?.id ?? 0
          if (some.at(-1)?.event === 'done') break
          await bench.pass(pauses[index % pauses.length] ?? 0, 250)
        }
        if (events.at(-1)?.event !== 'done') events.push(...(await read(bench, followRequest(scope, id, after, open()), 1_000)))
        await bench.stop()
        const result = (await bench.result(id)) ?? ''
        expect(result).toBe(
          pieces
            .map(([, text]) => text)
            .join('')
            .toWellFormed(),
        )
        expect(kinds(events).at(-1)).toBe('done')
        expect(lastText(events)).toBe(result)
        const ids = events.map((event) => event.id)
        expect(ids).toEqual([...new Set(ids)].toSorted((left, right) => left - right))
        expect(lastText(await read(bench, followRequest(scope, id, 0, open()), 1_000))).toBe(result)
        // From any id of any token on, the rest is what follows it.
        const start = events.findLastIndex((event) => (event.data as { type?: string }).type === 'started')
        for (const [index, event] of events.entries()) {
          if (index < start || event.event !== 'token') continue
          const rest = await read(bench, followRequest(scope, id, event.id, open()), 1_000)
          expect(textOf(events.slice(start, index + 1)) + textOf(rest)).toBe(result)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('two workers that stream one request', () => {
  it('show one text at a time; a follower that forgets at each start has the result', async () => {
    const answers = ['The first says this and that.', 'The second says something else.']
    let calls = 0
    const bench: EventBench = await openSaying(
      () => {
        const words = (answers[calls++] ?? '').split(/(?<= )/)
        return saying(
          () => bench,
          words.map((word) => [calls === 1 ? 400 : 330, word] as const),
        )
      },
      { hostile: { duplicateDelivery: 0.99 } },
    )
    const id = await bench.submit({ model_id: 'test/stream' })
    const events = await read(bench, followRequest(await bench.scope(), id, 0, open()), 1_000)
    expect(calls).toBe(2)
    expect(lastText(events)).toBe(await bench.result(id))
    expect(answers).toContain(lastText(events))
    await bench.pass(5_000)
    await bench.stop()
  })
})

describe('a worker whose rival was throttled', () => {
  it('begins its text anew for those who follow, and goes on', async () => {
    const words = Array.from({ length: 20 }, (_, index) => [200, `${index} `] as const)
    const bench: EventBench = await openSaying(({ attempt }) => {
      if (attempt === 2) throw Object.assign(new Error('raw'), { statusCode: 429 })
      return saying(() => bench, words)
    })
    const id = await bench.submit({ model_id: 'test/stream' })
    await bench.pass(1_500, 250)
    const scope = await bench.scope()
    const lease = { cutOffs: 0, signal: open(), extend: async () => {} }
    await handleGenaiProcessingEvent(scope, { request_id: id, round: 1 }, { job: jobOf('alpha', id), lease })
    await bench.pass(750, 250)
    const { timeline } = await bench.fields(id)
    expect(timeline.map(({ type, attempt }) => [type, attempt])).toEqual([
      ['received', undefined],
      ['started', 2],
      ['throttled', 2],
      ['started', 1],
    ])
    const some = await read(bench, followRequest(scope, id, 0, open()), 5)
    expect(lastText(some)).toMatch(/^0 1 2 3 /)
    expect((await bench.fields(id)).status).toBe('processing')
    const all = [...some, ...(await read(bench, followRequest(scope, id, some.at(-1)?.id ?? 0, open()), 100))]
    expect(lastText(all)).toBe(await bench.result(id))
    expect(bench.models.calls).toHaveLength(2)
    await bench.stop()
  })
})

describe('a request that is cancelled while its text comes', () => {
  it('ends the call at the next tick, and no text comes after it', async () => {
    const endless = Array.from({ length: 1_000 }, (_, index) => [100, `${index} `] as const)
    const bench: EventBench = await openSaying(() => saying(() => bench, endless))
    const id = await bench.submit({ model_id: 'test/stream' })
    await bench.pass(2_000, 250)
    await cancelRequest(await bench.scope(), id)
    await bench.pass(500, 250)
    expect(bench.models.calls[0]?.signal?.aborted).toBe(true)
    const rows = (): Promise<unknown[]> => collect(bench.memory.inner.state.read('alpha', progress.name, id))
    const before = (await rows()).length
    await bench.pass(5_000, 250)
    expect(await rows()).toHaveLength(before)
    const events = await read(bench, followRequest(await bench.scope(), id, 0, open()), 1_000)
    expect(kinds(events).slice(-2)).toEqual(['cancelled', 'error'])
    expect(textOf(events).length).toBeGreaterThan(10)
    await bench.stop()
  })
})
