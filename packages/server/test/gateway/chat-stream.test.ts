import { type ChatPart, type Log, ModelFailure } from '@plinth/core'
import { FakeClock } from '@plinth/core/testing'
import { expect, it } from 'vitest'
import { chatStream } from '../../src/gateway/chat-stream.ts'
import type { StreamEncoder } from '../../src/gateway/protocol.ts'

/** Writes each thing as a word. */
const encoder: StreamEncoder = {
  headers: {},
  start: () => 'start ',
  part: (part) => ('delta' in part && part.delta !== '' ? `${part.delta} ` : ''),
  ping: () => 'ping ',
  fail: ({ code }) => `fail:${code}`,
}

interface Source {
  readonly stream: ReadableStream<Uint8Array>
  readonly clock: FakeClock
  readonly logged: unknown[]
  readonly stopped: () => boolean
  readonly returned: () => number
  give(delta: string): void
  end(): void
  fail(error: unknown): void
}

function source(): Source {
  const clock = new FakeClock()
  const logged: unknown[] = []
  const log: Log = {
    debug: () => {},
    info: () => {},
    warn: (...said) => logged.push(said),
    error: (...said) => logged.push(said),
  }
  const given: (() => Promise<IteratorResult<ChatPart>>)[] = []
  let wake = (): void => {}
  let stopped = false
  let returned = 0
  const add = (one: () => Promise<IteratorResult<ChatPart>>): void => {
    given.push(one)
    wake()
  }
  const parts: AsyncIterableIterator<ChatPart> = {
    next: async () => {
      if (given.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      return (given.shift() ?? (() => Promise.resolve({ done: true, value: undefined })))()
    },
    return: async () => {
      returned++
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => parts,
  }
  const stop = (): void => {
    stopped = true
    add(() => Promise.reject(new DOMException('gone', 'AbortError')))
  }
  return {
    stream: chatStream({ clock, log, requestId: 'r', encoder, parts, end: { abort: stop, release: () => {} } }),
    clock,
    logged,
    stopped: () => stopped,
    returned: () => returned,
    give: (delta) => add(async () => ({ done: false, value: { type: 'text-delta', id: '0', delta } })),
    end: () => add(async () => ({ done: true, value: undefined })),
    fail: (error) => add(() => Promise.reject(error)),
  }
}

it('gives what comes, when it comes, and ends with its source', async () => {
  const { stream, give, end, returned } = source()
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader.read()).value).toBe('start ')
  give('one')
  expect((await reader.read()).value).toBe('one ')
  give('')
  give('two')
  expect((await reader.read()).value).toBe('two ')
  end()
  let last = await reader.read()
  while (!last.done) last = await reader.read()
  expect(returned()).toBe(1)
})

it('says that it lives while the model thinks, to whoever reads, and keeps nothing for whoever does not', async () => {
  const { stream, clock } = source()
  await clock.advance(10 * 60_000)
  const reader = stream.getReader()
  const text = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value)
  // Of ten minutes without a reader there is what was there at the beginning.
  expect(await text()).toBe('start ')
  for (let times = 0; times < 3; times++) {
    let told = false
    const next = text().finally(() => {
      told = true
    })
    await clock.advance(0)
    expect(told).toBe(false)
    await clock.advance(15_000)
    expect(await next).toBe('ping ')
  }
  await reader.cancel()
})

it('tells of a fault in the words of the protocol, and logs only what nobody expected', async () => {
  const known = source()
  known.fail(new ModelFailure('transient', 'model_answer_cut', 'The answer broke off.'))
  expect(await new Response(known.stream).text()).toBe('start fail:model_answer_cut')
  expect(known.logged).toEqual([])
  const unknown = source()
  unknown.fail(new Error('what the provider said'))
  expect(await new Response(unknown.stream).text()).toBe('start fail:internal')
  expect(unknown.logged).toHaveLength(1)
})

it('ends the call when the reader goes, in the middle of a wait too, and takes that for no fault', async () => {
  const { stream, stopped, returned, logged, clock } = source()
  const reader = stream.getReader()
  await reader.read()
  const waiting = reader.read()
  await reader.cancel()
  expect((await waiting).done).toBe(true)
  await clock.advance(60_000)
  expect([stopped(), returned(), logged]).toEqual([true, 1, []])
})
