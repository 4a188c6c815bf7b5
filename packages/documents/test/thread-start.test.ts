import { FakeClock } from '@plinth/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { openReader } from './support/reader.ts'

const starts = vi.hoisted(() => ({ with: '' }))
vi.mock('node:worker_threads', async (original) => {
  const real = await original<typeof import('node:worker_threads')>()
  class Worker extends real.Worker {
    constructor(_: string, options: object) {
      super(new URL(`data:text/javascript,${encodeURIComponent(starts.with)}`), options)
    }
  }
  return { ...real, Worker }
})

const text = () => ({ name: 'a.txt', contentType: 'text/plain', bytes: new TextEncoder().encode('Words.') })
const unavailable = { code: 'reader_unavailable', retryable: true }

describe('a thread that can’t be started', () => {
  it.each([
    ['breaks', 'throw new Error("no such module")'],
    ['ends', 'process.exit(0)'],
  ])('is no document’s fault when it %s [X26]', async (_, code) => {
    starts.with = code
    await expect(openReader().read(text())).rejects.toMatchObject(unavailable)
  })

  it('is given up after a minute, and no document is blamed for that either [X26]', async () => {
    starts.with = 'import("node:worker_threads").then(({ parentPort }) => parentPort.on("message", () => {}))'
    const clock = new FakeClock()
    const refused = expect(openReader({ clock }).read(text())).rejects.toMatchObject(unavailable)
    while (clock.timers === 0) await clock.advance(0)
    await clock.advance(60_000)
    await refused
  })
})
