import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ObjectKey } from '@plinth/core'
import { describeObjectStoreContract } from '@plinth/core/contracts'
import { FakeClock } from '@plinth/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { FileObjectStore } from '../src/file-object-store.ts'
import { mountSmall, noMount } from './small-disk.ts'

const clock = new FakeClock()
const directories: string[] = []

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'plinth-objects-'))
  directories.push(directory)
  return directory
}

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

describeObjectStoreContract('FileObjectStore', {
  create: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'plinth-objects-'))
    return {
      port: new FileObjectStore({ directory, clock }),
      clock,
      reopen: async () => new FileObjectStore({ directory, clock }),
      dispose: async () => rmSync(directory, { recursive: true, force: true }),
    }
  },
})

/** Every file and folder below, as paths from there. */
function tree(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
}

const key = (name: string, tenant = 'acme'): ObjectKey => ({ tenant, name })

describe('files on the disk', () => {
  it('are readable by their owner only', async () => {
    const directory = join(newDirectory(), 'made', 'here')
    const store = new FileObjectStore({ directory, clock })
    await store.put(key('a/b'), new Uint8Array(3))
    for (const path of ['', ...tree(directory)]) {
      const found = statSync(join(directory, path))
      expect(found.mode & 0o777, path).toBe(found.isDirectory() ? 0o700 : 0o600)
    }
  })

  it('differ by more than the case of letters, and no part of a path is too long', async () => {
    const directory = newDirectory()
    const store = new FileObjectStore({ directory, clock })
    for (const name of ['a', 'A', 'aB', 'Ab', 'AB', 'a/b', 'A/b', 'X'.repeat(512), 'x'.repeat(512), `${'Y'.repeat(255)}/z`]) {
      await store.put(key(name), new Uint8Array(1))
      await store.put(key(name, 'ACME'), new Uint8Array(1))
    }
    const paths = tree(directory)
    expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(paths.length)
    for (const part of paths.flatMap((path) => path.split('/'))) expect(part.length).toBeLessThanOrEqual(255)
  })

  it('leave nothing behind when the last object of a folder is deleted', async () => {
    const directory = newDirectory()
    const store = new FileObjectStore({ directory, clock })
    await store.put(key('a/b/c'), new Uint8Array(1))
    await store.put(key('a/d'), new Uint8Array(1))
    await store.delete(key('a/b/c'))
    expect(tree(directory)).toEqual(['=incoming', 'acme', 'acme/a=d', 'acme/a=d/d=o'])
    await store.delete(key('a/d'))
    expect(tree(directory)).toEqual(['=incoming'])
  })

  it('that are damaged are said to be, not handed out', async () => {
    const directory = newDirectory()
    const store = new FileObjectStore({ directory, clock })
    await store.put(key('a'), new Uint8Array(1000))
    const path = join(directory, 'acme', 'a=o')
    for (const length of [1063, 64, 10, 0]) {
      truncateSync(path, length)
      await expect(store.get(key('a')), String(length)).rejects.toMatchObject({ code: 'storage_failed' })
      await expect(store.head(key('a'))).rejects.toMatchObject({ code: 'storage_failed' })
    }
    await store.put(key('a'), new Uint8Array(5))
    expect(await store.get(key('a'))).toEqual(new Uint8Array(5))
  })

  it('that are not ours are not listed', async () => {
    const directory = newDirectory()
    const store = new FileObjectStore({ directory, clock })
    await store.put(key('a'), new Uint8Array(1))
    writeFileSync(join(directory, 'acme', '.DS_Store'), 'something')
    expect((await store.list({ tenant: 'acme', limit: 10 })).items.map(({ name }) => name)).toEqual(['a'])
  })

  it('are closed when a stream is left early', async () => {
    if (process.platform !== 'linux') return
    const directory = newDirectory()
    const store = new FileObjectStore({ directory, clock })
    await store.put(key('a'), new Uint8Array(1_000_000))
    const openFiles = (): string[] => readdirSync('/proc/self/fd').flatMap((fd) => linkOf(`/proc/self/fd/${fd}`))
    await store.stream(key('a'))
    for await (const piece of (await store.stream(key('a'))) ?? []) {
      expect(piece.byteLength).toBeGreaterThan(0)
      break
    }
    expect(openFiles().filter((path) => path.startsWith(directory))).toEqual([])
  })
})

describe('many at once', () => {
  it('200 writers of one name leave one whole object', async () => {
    const directory = newDirectory()
    const store = new FileObjectStore({ directory, clock })
    const content = (writer: number): Uint8Array => new Uint8Array(1000 + writer).fill(writer)
    const heads = await Promise.all(Array.from({ length: 200 }, (_, writer) => store.put(key('one'), content(writer))))
    const kept = await store.get(key('one'))
    expect(kept).toEqual(content(kept?.[0] ?? -1))
    expect(heads).toContainEqual(await store.head(key('one')))
    expect(tree(directory)).toEqual(['=incoming', 'acme', 'acme/one=o'])
  })

  it('puts and deletes in folders that come and go lose nothing', async () => {
    const directory = newDirectory()
    const store = new FileObjectStore({ directory, clock })
    const turns = Array.from({ length: 16 }, async (_, index) => {
      for (let time = 0; time < 30; time++) {
        const own = key(`x/y/${index % 2}/${index}`)
        await store.put(own, new Uint8Array(index))
        expect((await store.head(own))?.bytes).toBe(index)
        await store.delete(own)
      }
    })
    await Promise.all(turns)
    expect(tree(directory)).toEqual(['=incoming'])
  })
})

describe('faults', () => {
  it('a start removes what a crash left, a reader beside the server does not', async () => {
    const directory = newDirectory()
    const store = new FileObjectStore({ directory, clock })
    await store.put(key('a'), new Uint8Array(7))
    writeFileSync(join(directory, '=incoming', 'put.1-0-1.new'), 'half')
    const reader = new FileObjectStore({ directory, clock, readOnly: true })
    expect(await reader.get(key('a'))).toEqual(new Uint8Array(7))
    await expect(reader.put(key('b'), new Uint8Array(1))).rejects.toMatchObject({ code: 'read_only' })
    await expect(reader.delete(key('a'))).rejects.toMatchObject({ code: 'read_only' })
    expect(readdirSync(join(directory, '=incoming'))).toEqual(['put.1-0-1.new'])
    const again = new FileObjectStore({ directory, clock })
    expect(readdirSync(join(directory, '=incoming'))).toEqual([])
    expect(await again.get(key('a'))).toEqual(new Uint8Array(7))
  })

  it('a full disk is storage_full, and leaves what was there', async (context) => {
    const disk = mountSmall(newDirectory(), '1m')
    if (!disk) return context.skip(noMount)
    try {
      const store = new FileObjectStore({ directory: join(disk.directory, 'objects'), clock })
      await store.put(key('a'), new Uint8Array(100_000).fill(1))
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        for (let piece = 0; piece < 30; piece++) yield new Uint8Array(100_000)
      }
      for (const content of [() => new Uint8Array(3_000_000), pieces]) {
        await expect(store.put(key('a'), content())).rejects.toMatchObject({ code: 'storage_full', retryable: true })
        await expect(store.put(key('b/c'), content(), { ifAbsent: true })).rejects.toMatchObject({ code: 'storage_full' })
      }
      expect(await store.get(key('a'))).toEqual(new Uint8Array(100_000).fill(1))
      expect((await store.list({ tenant: 'acme', limit: 10 })).items).toHaveLength(1)
      expect(readdirSync(join(disk.directory, 'objects', '=incoming'))).toEqual([])
      await store.put(key('a'), new Uint8Array(200_000).fill(2))
      expect(await store.get(key('a'))).toEqual(new Uint8Array(200_000).fill(2))
    } finally {
      disk.unmount()
    }
  })

  it('a disk that became read-only is storage_failed with its cause, and can still be read', async (context) => {
    const disk = mountSmall(newDirectory(), '1m')
    if (!disk) return context.skip(noMount)
    try {
      const store = new FileObjectStore({ directory: disk.directory, clock })
      await store.put(key('a'), new Uint8Array(10))
      disk.makeReadOnly()
      for (const call of [() => store.put(key('a'), new Uint8Array(1)), () => store.delete(key('a'))]) {
        await expect(call()).rejects.toMatchObject({ code: 'storage_failed', cause: { code: 'EROFS' } })
      }
      expect(await store.get(key('a'))).toEqual(new Uint8Array(10))
      expect(() => new FileObjectStore({ directory: join(disk.directory, 'other'), clock })).toThrow('The disk could not be')
    } finally {
      disk.unmount()
    }
  })

  it('a folder without permission is storage_failed', async (context) => {
    if (process.getuid?.() === 0) return context.skip('root may write everywhere')
    const directory = newDirectory()
    const store = new FileObjectStore({ directory, clock })
    chmodSync(join(directory, '=incoming'), 0o500)
    await expect(store.put(key('a'), new Uint8Array(1))).rejects.toMatchObject({ code: 'storage_failed' })
    chmodSync(join(directory, '=incoming'), 0o700)
  })

  it('a process that is killed in mid-put leaves the old object, and no half of the new', async () => {
    const directory = newDirectory()
    const child = start(
      directory,
      `
      await store.put({ tenant: 'acme', name: 'a' }, new Uint8Array(300_000).fill(1))
      async function* endless() {
        for (let piece = 0; piece < 20; piece++) yield new Uint8Array(100_000).fill(2)
        console.log('middle')
        await new Promise(() => setInterval(() => {}, 1_000_000))
      }
      await Promise.all([store.put({ tenant: 'acme', name: 'a' }, endless()), store.put({ tenant: 'acme', name: 'b' }, endless())])
      `,
    )
    let middles = 0
    for await (const line of child.lines) if (line === 'middle' && ++middles === 2) child.kill()
    await child.ended
    expect(readdirSync(join(directory, '=incoming'))).toHaveLength(2)
    const store = new FileObjectStore({ directory, clock })
    expect(readdirSync(join(directory, '=incoming'))).toEqual([])
    expect(await store.get(key('a'))).toEqual(new Uint8Array(300_000).fill(1))
    expect((await store.list({ tenant: 'acme', limit: 10 })).items.map(({ name }) => name)).toEqual(['a'])
  })

  it('what was acknowledged before a kill is there after it, whole', async () => {
    const directory = newDirectory()
    let round = 0
    for (const lines of [1, 7, 40, 90]) {
      const child = start(
        directory,
        `
        await Promise.all([0, 1, 2, 3].map(async (writer) => {
          for (let turn = 0; ; turn++) {
            const name = '${round}/' + writer + '/' + turn
            await store.put({ tenant: 'acme', name }, new Uint8Array(50_000 + turn).fill(turn), { ifAbsent: true })
            await store.put({ tenant: 'acme', name: '${round}/newest-' + writer }, new Uint8Array(50_000 + turn).fill(turn))
            console.log(writer + ' ' + turn)
          }
        }))
        `,
      )
      const acknowledged = new Map<number, number>()
      let seen = 0
      for await (const line of child.lines) {
        const [writer = -1, turn = -1] = line.split(' ').map(Number)
        acknowledged.set(writer, turn)
        if (++seen === lines) child.kill()
      }
      await child.ended
      const store = new FileObjectStore({ directory, clock })
      const whole = (turn: number): Uint8Array => new Uint8Array(50_000 + turn).fill(turn)
      for (const [writer, newest] of acknowledged) {
        for (let turn = 0; turn <= newest; turn++) {
          expect(await store.get(key(`${round}/${writer}/${turn}`)), `${writer}/${turn}`).toEqual(whole(turn))
        }
        const kept = (await store.get(key(`${round}/newest-${writer}`))) ?? new Uint8Array(0)
        const turn = kept.byteLength - 50_000
        expect(turn).toBeGreaterThanOrEqual(newest)
        expect(kept).toEqual(whole(turn))
      }
      for (const { name } of (await store.list({ tenant: 'acme', limit: 1000 })).items) {
        const content = (await store.get(key(name))) ?? new Uint8Array(0)
        expect(content, name).toEqual(whole(content.byteLength - 50_000))
      }
      round++
    }
  })
})

interface Child {
  readonly lines: AsyncIterable<string>
  readonly ended: Promise<unknown>
  kill(): void
}

/** Runs a script in a process of its own, with `store` open on the folder. */
function start(directory: string, script: string): Child {
  const source = new URL('../src/', import.meta.url).href
  const head = `
    import { FileObjectStore } from '${source}file-object-store.ts'
    import { systemClock } from '@plinth/outbound'
    const store = new FileObjectStore({ directory: process.argv[1], clock: systemClock })
  `
  const child = spawn(
    process.execPath,
    ['--conditions=@plinth/source', '--input-type=module', '--eval', head + script, directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  return { lines: createInterface({ input: child.stdout }), ended: once(child, 'close'), kill: () => void child.kill('SIGKILL') }
}

function linkOf(path: string): string[] {
  try {
    return [readlinkSync(path)]
  } catch {
    return []
  }
}
