import { afterEach, describe, expect, it } from 'vitest'
import { type Adapters, createPlatform, type Scope, writtenKey } from '../../../src/index.ts'
import type { JournalEntry } from '../../../src/multi-agent/run/journal.ts'
import {
  type JournalListener,
  JournalWriter,
  journalRow,
  RunLostError,
  readJournal,
} from '../../../src/multi-agent/run/journal-writer.ts'
import { journals } from '../../../src/multi-agent/workflows.ts'
import { EventBench } from '../../event-driven/bench.ts'
import { committingBy } from '../../support/wrapped.ts'
import { done, finished, started } from '../support.ts'

let bench: EventBench | undefined
afterEach(async () => {
  await bench?.stop()
  bench = undefined
})

class Listener implements JournalListener {
  readonly heard: JournalEntry[] = []
  failures = 0

  told(entry: JournalEntry): void {
    this.heard.push(entry)
  }

  failed(): void {
    this.failures++
  }
}

type Commit = Adapters['state']['commit']

/**
 * @param commit stands in for the store's own, on what is written to journals.
 * @param beforeRead what a look at a journal waits for.
 */
async function open(
  commit?: (inner: Commit) => Commit,
  beforeRead?: () => Promise<unknown>,
): Promise<{ scope: Scope; listener: Listener; writer: JournalWriter }> {
  bench = await EventBench.open(() => 'An answer.')
  const { adapters } = bench.memory
  const { state } = adapters
  const inner: Commit = (change, durability) => state.commit(change, durability)
  const other = commit?.(inner) ?? inner
  const wrapped = committingBy(state, (change, durability) =>
    change.writes.some((write) => writtenKey(write).collection === journals.name)
      ? other(change, durability)
      : inner(change, durability),
  )
  const read: typeof state.read = async function* (tenant, collection, ...place) {
    if (collection === journals.name) await beforeRead?.()
    yield* state.read(tenant, collection, ...place)
  }
  const platform = createPlatform('memory', { ...adapters, state: { ...wrapped, read } }, bench.models)
  const scope = platform.scope(await bench.caller())
  const listener = new Listener()
  return { scope, listener, writer: new JournalWriter({ scope, runId: 'run', epoch: 2, next: 0, listener }) }
}

async function kept(): Promise<readonly JournalEntry[]> {
  const scope = (await bench?.scope()) as Scope
  return (await readJournal(scope, 'run')).entries
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
}

function byAnother(scope: Scope, row: number, entry: JournalEntry, epoch?: number): Promise<unknown> {
  const by = { at: 1, ...(epoch === undefined ? {} : { epoch }) }
  return scope.state.commit({ writes: [journalRow('run', row, by, JSON.stringify([entry]))] })
}

const cancelled: JournalEntry = { at: 3, kind: 'cancelled', by: 'ada', reason: 'Never mind.' }

describe('the journal of a run', () => {
  it('keeps entries in the order in which they came, many in a row, and none twice', async () => {
    const { writer, listener } = await open()
    const entries = Array.from({ length: 500 }, (_, index) => started(`s${index}`))
    for (const [index, entry] of entries.entries()) {
      writer.append(entry)
      if (index % 97 === 0) await writer.settled()
    }
    await writer.settled()
    expect(await kept()).toEqual(entries)
    expect(listener.heard).toEqual([])
  })

  it('goes behind what others wrote meanwhile, and tells of it once', async () => {
    const { scope, writer, listener } = await open()
    await byAnother(scope, 0, cancelled)
    writer.append(started('a'))
    await writer.settled()
    await writer.poll()
    expect(listener.heard).toEqual([cancelled])
    expect(await kept()).toEqual([cancelled, started('a')])
  })

  it('keeps nothing of a commit that somebody was before, so that it can be thought over', async () => {
    const { scope, writer, listener } = await open()
    await byAnother(scope, 0, cancelled)
    const end: JournalEntry = { at: 4, kind: 'ended', ending: { status: 'completed', text: 'Done.' } }
    expect(await writer.commit([end])).toBe(false)
    expect(listener.heard).toEqual([cancelled])
    expect(await writer.commit([end])).toBe(true)
    expect(await kept()).toEqual([cancelled, end])
  })

  it('knows a row as its own that was kept though it was told otherwise', async () => {
    // As a client of a store does that asks again when it had no answer.
    const twice = (inner: Commit): Commit => {
      return async (change, durability) => {
        await inner(change, durability)
        return inner(change, durability)
      }
    }
    const { writer, listener } = await open(twice)
    for (const entry of [started('a'), finished('a', done)]) {
      writer.append(entry)
      await writer.settled()
    }
    expect(await writer.commit([started('b')])).toBe(true)
    expect(await kept()).toEqual([started('a'), finished('a', done), started('b')])
    expect(listener.heard).toEqual([])
  })

  it('is written without a gap and without a double, though a look for what others wrote is under way', async () => {
    let commits = 0
    const looked = Promise.withResolvers<unknown>()
    // The look has its rows when the first commit is done, if that doesn't wait for it.
    const beforeRead = () => Promise.race([looked.promise, turns(50)])
    const lostAnswer = (inner: Commit): Commit => {
      return async (change, durability) => {
        const done = await inner(change, durability)
        if (commits++ > 0) return done
        looked.resolve(undefined)
        await turns(50)
        return inner(change, durability)
      }
    }
    const { scope, writer, listener } = await open(lostAnswer, beforeRead)
    const polled = writer.poll()
    writer.append(started('a'))
    await polled
    await writer.settled()
    writer.append(finished('a', done))
    await writer.settled()
    const rows: string[] = []
    for await (const row of scope.state.read(journals, 'run')) rows.push(row.sort)
    expect(rows.map(Number)).toEqual([0, 1])
    expect(await kept()).toEqual([started('a'), finished('a', done)])
    expect(listener.heard).toEqual([])
  })

  it('goes on behind its last row, also where a number before it is free', async () => {
    const { scope, writer, listener } = await open()
    await byAnother(scope, 0, started('a'), 1)
    await byAnother(scope, 2, cancelled)
    expect((await readJournal(scope, 'run')).next).toBe(3)
    await writer.poll()
    writer.append(started('b'))
    await writer.settled()
    expect(listener.heard).toEqual([started('a'), cancelled])
    expect(await kept()).toEqual([started('a'), cancelled, started('b')])
  })

  it('writes nothing more when another owner has the run [R68]', async () => {
    const { scope, writer, listener } = await open()
    await byAnother(scope, 0, { at: 2, kind: 'owned', epoch: 3 }, 3)
    writer.append(started('a'))
    await expect(writer.settled()).rejects.toBeInstanceOf(RunLostError)
    writer.append(started('b'))
    await expect(writer.settled()).rejects.toBeInstanceOf(RunLostError)
    await expect(writer.commit([started('c')])).rejects.toBeInstanceOf(RunLostError)
    await expect(writer.poll()).rejects.toBeInstanceOf(RunLostError)
    expect(listener.failures).toBeGreaterThan(0)
    expect((await kept()).map(({ kind }) => kind)).toEqual(['owned'])
  })
})
