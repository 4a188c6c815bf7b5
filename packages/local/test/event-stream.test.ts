import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { UnavailableError } from '@plinth/core'
import { appendAll, keptAll, rejection, streamBench, until } from '@plinth/core/contracts'
import { scriptedModels } from '@plinth/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { backUp, restore, type SqliteEventStream } from '../src/index.ts'
import { localPlatform } from '../src/local-platform.ts'
import { SqliteSubject } from './sqlite-subject.ts'

const subjects: SqliteSubject[] = []
const subject = (options?: { readonly maxPages: number }): SqliteSubject => {
  const made = new SqliteSubject(options)
  subjects.push(made)
  return made
}
afterEach(async () => {
  for (const made of subjects.splice(0)) await made.dispose()
})

interface Running {
  readonly port: SqliteEventStream
  readonly clock: SqliteSubject['clock']
  settle(): Promise<void>
  dispose(): Promise<void>
}

async function opened(made: SqliteSubject): Promise<Running> {
  const { stream: port } = await made.open()
  return { port, clock: made.clock, settle: () => made.settle(), dispose: () => made.dispose() }
}

const data = new Uint8Array(1_000_000)

/** Appends as many megabytes as there is room for. @returns how many went in. */
async function fill(stream: SqliteEventStream, tenant: string, most = 80): Promise<number> {
  const results = await stream.append(tenant, Array(most).fill({ partition: 'p', data }))
  const refused = results.filter((result) => 'refused' in result)
  for (const result of refused) expect(result).toEqual({ refused: { code: 'throttled', retryAfter: 1 } })
  return most - refused.length
}

/** Takes all that waits, and keeps it or not. */
async function takeAll(running: Running, count: number, keep: boolean): Promise<void> {
  const worker = streamBench(running, ['flood'], (delivery) => (keep ? keptAll(delivery) : {}))
  await until(running, () => worker.deliveries.reduce((sum, { entries }) => sum + entries.length, 0) >= count, 'all came')
  await worker.drain()
}

describe('entries that nobody takes', () => {
  it('fill half of 64 MB by one tenant, and whoever has nothing waiting still finds room [X54]', async () => {
    const { port } = await opened(subject())
    expect(await fill(port, 'flood')).toBe(34)
    const [small] = await port.append('small', [{ partition: 'p', data: new Uint8Array(100_000) }])
    expect(small).toHaveProperty('sequence')
    expect(await fill(port, 'second')).toBe(16)
    expect(await fill(port, 'third')).toBe(8)
  })

  it('are refused behind the first that finds no room, of its partition, and others of the call are kept', async () => {
    const { port } = await opened(subject())
    await fill(port, 'full', 33)
    const little = new Uint8Array(10)
    const results = await port.append('full', [
      { partition: 'a', data: little },
      { partition: 'a', data: new Uint8Array(200_000) },
      { partition: 'a', data },
      { partition: 'a', data: little },
      { partition: 'b', data: little },
    ])
    expect(results.map((result) => 'sequence' in result)).toEqual([true, true, false, false, true])
  })

  it('make room as they are taken, kept or not, and when they are removed [X54]', async () => {
    const running = await opened(subject())
    expect(await fill(running.port, 'flood')).toBe(34)
    await takeAll(running, 34, false)
    expect(await fill(running.port, 'flood')).toBe(34)
    await running.port.remove('flood', 'p')
    expect(await fill(running.port, 'flood')).toBe(34)
    await running.port.remove('flood')
    expect(await fill(running.port, 'flood', 3)).toBe(3)
  })

  it('take their room after a new start, too, until they are taken once more', async () => {
    const made = subject()
    await fill((await opened(made)).port, 'flood')
    await made.close()
    const running = await opened(made)
    expect(await fill(running.port, 'flood')).toBe(0)
    await takeAll(running, 34, true)
    expect(await fill(running.port, 'flood')).toBe(34)
  })

  it('come in batches of a megabyte or 200, from memory and from the file alike', async () => {
    const made = subject()
    const running = await opened(made)
    const numbers = (count: number, end: string): string[] => Array.from({ length: count }, (_, index) => `${index}${end}`)
    await appendAll(running, 't', 'large', numbers(10, 'x'.repeat(300_000)))
    await appendAll(running, 't', 'small', numbers(450, 'y'))
    const sizes = async (): Promise<string[]> => {
      const worker = streamBench(running, ['t'], () => ({}))
      await worker.reached(10, 'large')
      await worker.reached(450, 'small')
      await worker.drain()
      return worker.deliveries
        .filter(({ keepNow }) => !keepNow)
        .map(({ partition, entries }) => `${partition} ${entries.length}`)
        .toSorted()
    }
    const batches = ['large 2', 'large 4', 'large 4', 'small 200', 'small 200', 'small 50']
    expect(await sizes()).toEqual(batches)
    expect(await sizes()).toEqual(batches)
  })

  it('that the disk has no room for take none, and leave nothing', async () => {
    const made = subject({ maxPages: 60 })
    const { port } = await opened(made)
    const refused = await rejection(port.append('t', [{ partition: 'p', data }]))
    expect(refused).toBeInstanceOf(UnavailableError)
    expect(refused).toMatchObject({ code: 'storage_full' })
    for (let attempt = 0; attempt < 80; attempt++) await port.append('t', [{ partition: 'p', data }]).catch(() => {})
    expect((await port.append('t', [{ partition: 'p', data: new Uint8Array(10) }]))[0]).toHaveProperty('sequence')
  })
})

describe('a process that is killed while it appends', () => {
  it('loses nothing that it was told is kept, and the next one delivers it in order', async () => {
    const made = subject()
    await made.open()
    await made.close()
    const code = `
      import { Database, SqliteEventStream, systemClock } from '@plinth/local'
      const database = await Database.open({ path: process.argv[1], onFatal: () => process.exit(3) })
      const stream = new SqliteEventStream({ database, clock: systemClock })
      stream.consume(async ({ entries }) => (entries.length === 0 ? {} : { kept: entries[0].sequence }))
      for (let index = 0; ; index++) {
        const [result] = await stream.append('t', [{ partition: 'p', data: new TextEncoder().encode(String(index)) }])
        console.log(result.sequence + ' ' + index)
      }`
    const child = spawn(process.execPath, ['--conditions=@plinth/source', '--input-type=module', '-e', code, made.path], {
      cwd: new URL('..', import.meta.url),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
    while (printed.split('\n').length < 60) await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const told = printed.split('\n').filter((line) => /^\d{16} \d+$/.test(line))
    const running = await opened(made)
    const kept = Number(made.opened?.database.reader.prepare('SELECT kept FROM log').get()?.kept)
    const worker = streamBench(running, ['t'])
    await appendAll(running, 't', 'p', ['last'])
    await until(running, () => worker.firsts('p').includes('last'), 'all came')
    const came = worker.deliveries.flatMap(({ entries, texts }) =>
      entries.map(({ sequence }, index) => `${sequence} ${texts[index]}`),
    )
    expect(came).toEqual(expect.arrayContaining(told.filter((line) => Number(line.slice(0, 16)) > kept)))
    expect(came).toEqual(came.toSorted())
    expect(kept).toBeGreaterThan(0)
    await worker.drain()
  })
})

describe('positions', () => {
  it('are never given twice, also when everything was trimmed or removed and the file is opened anew', async () => {
    const made = subject()
    const running = await opened(made)
    await appendAll(running, 't', 'p', ['a', 'b'])
    const worker = streamBench(running, ['t'])
    await worker.reached(2, 'p')
    await worker.drain()
    expect(await running.port.trim(made.clock.now() + 1)).toBe(2)
    await made.close()
    const again = await opened(made)
    const [result] = await again.port.append('t', [{ partition: 'p', data: new Uint8Array(1) }])
    await again.port.remove('t')
    await made.close()
    const last = await (await opened(made)).port.append('t', [{ partition: 'p', data: new Uint8Array(1) }])
    expect([result, ...last]).toEqual([{ sequence: '0000000000000003' }, { sequence: '0000000000000004' }])
  })
})

describe('trim', () => {
  it('goes by time, and passes over what is not kept; the room is used again', async () => {
    const made = subject()
    const running = await opened(made)
    const large = 'x'.repeat(500_000)
    const pages = (): number => Number(made.opened?.database.reader.prepare('PRAGMA page_count').get()?.page_count)
    await appendAll(running, 't', 'waits', [`w${large}`])
    const worker = streamBench(running, ['t'], (delivery) => (delivery.partition === 'waits' ? {} : keptAll(delivery)))
    const sizes: number[] = []
    for (let round = 0; round < 5; round++) {
      await appendAll(
        running,
        't',
        'p',
        [1, 2, 3, 4].map((index) => `${round}-${index}${large}`),
      )
      await worker.reached(4 * (round + 1), 'p')
      const before = made.clock.now()
      await made.clock.advance(1_000)
      expect(await running.port.trim(before)).toBe(0)
      await until(running, async () => (await running.port.trim(before + 1)) === 0, 'trimmed')
      sizes.push(pages())
    }
    expect(Math.max(...sizes)).toBeLessThan((sizes[0] ?? 0) * 1.2)
    const left = made.opened?.database.reader.prepare('SELECT COUNT(*) AS entries FROM entry').get()?.entries
    expect(left).toBe(1)
    await worker.drain()
  })
})

describe('a data folder that is backed up and restored', () => {
  it('delivers from behind what was kept then', async () => {
    const made = subject()
    const directory = join(made.directory, 'data')
    const models = scriptedModels(() => '')
    const platform = await localPlatform({ directory, models, clock: made.clock })
    const { stream } = platform.operate()
    if (!stream) throw new Error('The embedded platform has streams.')
    const running = { port: stream, clock: made.clock, dispose: async () => {} }
    await appendAll(running, 't', 'p', ['kept'])
    const worker = streamBench(running, ['t'])
    await worker.reached(1, 'p')
    await worker.drain()
    await appendAll(running, 't', 'p', ['waits'])
    const target = join(made.directory, 'backup')
    await backUp({ directory, target, version: '1.2.3', withMasterKey: true })
    await appendAll(running, 't', 'p', ['later'])
    await platform.close()
    const restored = join(made.directory, 'restored')
    await restore({ source: target, directory: restored })
    const again = await localPlatform({ directory: restored, models, clock: made.clock })
    const port = again.operate().stream ?? stream
    const next = streamBench({ ...running, port }, ['t'])
    await next.reached(1, 'p')
    await appendAll({ ...running, port }, 't', 'p', ['anew'])
    await next.reached(2, 'p')
    await next.drain()
    expect(next.firsts('p')).toEqual(['waits', 'anew'])
    await again.close()
    rmSync(restored, { recursive: true })
  })
})
