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

/** @param commit stands in for the store's own, on what is written to journals. */
async function open(commit?: (inner: Commit) => Commit): Promise<{ scope: Scope; listener: Listener; writer: JournalWriter }> {
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
  const platform = createPlatform('memory', { ...adapters, state: wrapped }, bench.models)
  const scope = platform.scope(await bench.caller())
  const listener = new Listener()
  return { scope, listener, writer: new JournalWriter({ scope, runId: 'run', epoch: 2, next: 0, listener }) }
}

async function kept(): Promise<readonly JournalEntry[]> {
  const scope = (await bench?.scope()) as Scope
  return (await readJournal(scope, 'run')).entries
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
