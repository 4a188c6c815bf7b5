import { existsSync, readFileSync } from 'node:fs'
import type { Change, Job } from '@plinth/core'
import { eventOf, jobOf, keyOf, rowOf } from '@plinth/core/contracts'
import { FakeClock } from '@plinth/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { openForReading, openForWriting } from '../src/database/schema.ts'
import { type SqliteAdapters, type SqliteOperations, sqliteAdapters } from '../src/index.ts'
import { SqliteSubject } from './sqlite-subject.ts'

const subjects: SqliteSubject[] = []
const subject = (): SqliteSubject => {
  const made = new SqliteSubject()
  subjects.push(made)
  return made
}
afterEach(async () => {
  for (const made of subjects.splice(0)) await made.dispose()
})

const removal = { keep: [], limit: 1_000 }
/** What a tenant that goes writes everywhere, and nobody else. */
const gone = 'GOING-AWAY'

async function removeAll(operations: SqliteOperations, tenant = gone): Promise<void> {
  while ((await operations.removeTenant(tenant, removal)) > 0);
}

function occurrences(made: SqliteSubject, text = gone): number {
  return ['', '-wal']
    .map((end) => made.path + end)
    .filter((path) => existsSync(path))
    .reduce((sum, path) => sum + readFileSync(path).toString('latin1').split(text).length - 1, 0)
}

describe('the jobs of a tenant that is removed', () => {
  it('are not delivered, whether they were ready, held back, or in hand and to come again', async () => {
    const made = subject()
    const { state, queue, operations } = await made.open()
    const later = made.clock.now() + 60_000
    for (const tenant of [gone, 'stays']) {
      for (let change = 0; change < 20; change++) {
        const emit = Array.from({ length: 9 }, (_, index) =>
          jobOf(tenant, `${change}-${index}`, { queue: `q.${index % 2}`, ...(index > 6 ? { notBefore: later } : {}) }),
        )
        await state.commit({ writes: [], emit }, 'relaxed')
      }
    }
    const delivered: Job[] = []
    const begun = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const handle = async (job: Job) => {
      delivered.push(job)
      if (delivered.filter(({ tenant }) => tenant === gone).length === 2) begun.resolve()
      await go.promise
      return job.tenant === gone ? { retryAt: made.clock.now() } : ({ done: true } as const)
    }
    for (const name of ['q.0', 'q.1']) queue.consume(name, { concurrency: 4 }, handle)
    await begun.promise
    const inHand = delivered.filter(({ tenant }) => tenant === gone).length
    await removeAll(operations)
    go.resolve()
    const stays = (): Job[] => delivered.filter(({ tenant }) => tenant === 'stays')
    while (stays().length < 140) await made.settle()
    // The next timer may be set only when the writer's thread has answered: what is due by then is run in each turn.
    await made.clock.advance(120_000)
    while (stays().length < 180) {
      await made.clock.advance(0)
      await made.settle()
    }
    expect(new Set(stays().map(({ id }) => id)).size).toBe(180)
    expect(delivered.length - stays().length).toBe(inHand)
    const again = await made.reopen()
    const left = again.database.reader.prepare('SELECT (SELECT COUNT(*) FROM ready) + (SELECT COUNT(*) FROM held) AS jobs').get()
    expect(left?.jobs).toBe(0)
  })

  it('come once each as long as they are not removed', async () => {
    const made = subject()
    const { state, queue, operations } = await made.open()
    for (let change = 0; change < 20; change++)
      await state.commit(
        { writes: [], emit: Array.from({ length: 9 }, (_, index) => jobOf(gone, `${change}-${index}`)) },
        'relaxed',
      )
    const delivered: string[] = []
    const go = Promise.withResolvers<void>()
    queue.consume('contract.one', { concurrency: 2 }, async (job) => {
      delivered.push(job.id)
      await go.promise
      return { done: true }
    })
    while (delivered.length < 2) await made.settle()
    expect(await operations.removeTenant(gone, { keep: [], limit: 12 })).toBe(12)
    go.resolve()
    while (delivered.length < 170) await made.settle()
    await made.settle()
    expect(delivered).toHaveLength(170)
    expect(new Set(delivered).size).toBe(170)
  })
})

describe('a removal in one transaction with changes of its tenant', () => {
  it('takes what came before it, and nothing that came after; nobody remembers what is gone', async () => {
    const made = subject()
    const { state, operations } = await made.open()
    const key = keyOf(gone, 'row')
    const change = (id: string): Change => ({
      writes: [{ put: rowOf(key, { index: { id } }) }, { add: keyOf(gone, id), amounts: { count: 1 } }],
      emit: [eventOf(gone, `${id}-1`), eventOf(gone, `${id}-2`)],
    })
    await state.commit(change('first'))
    await state.get(key)
    const [, removed, inserted] = await Promise.all([
      state.commit(change('second')),
      operations.removeTenant(gone, removal),
      state.commit({ ...change('third'), writes: [{ put: rowOf(key, { index: { id: 'third' } }), ifVersion: 'absent' }] }),
    ])
    expect([removed, inserted]).toEqual([3 + 4 + 1, undefined])
    expect(await state.get(key)).toMatchObject({ version: 1, index: { id: 'third' } })
    for (const counter of ['first', 'second']) expect(await state.get(keyOf(gone, counter)), counter).toBeUndefined()
    expect((await state.events(gone, { after: 0, limit: 10 })).map(({ id, sequence }) => `${sequence} ${id}`)).toEqual([
      '1 third-1',
      '2 third-2',
    ])
    const absent = keyOf(gone, 'inserted')
    await Promise.all([
      state.commit({ writes: [{ put: rowOf(absent), ifVersion: 'absent' }] }),
      operations.removeTenant(gone, removal),
      state.get(absent),
    ])
    expect(await state.get(absent)).toBeUndefined()
  })

  it('ends the sequence only with the last event', async () => {
    const made = subject()
    const { state, operations } = await made.open()
    const emit = (...ids: string[]): Promise<void> => state.commit({ writes: [], emit: ids.map((id) => eventOf(gone, id)) })
    await emit('one', 'two', 'three')
    expect(await operations.removeTenant(gone, { keep: [], limit: 3 })).toBe(3)
    await emit('four')
    expect((await state.events(gone, { after: 0, limit: 10 })).map(({ sequence }) => sequence)).toEqual([4])
  })

  it('is no obstacle to the relay, which goes on behind events that are gone', async () => {
    const made = subject()
    const { state, operations, database } = await made.open()
    await state.commit({ writes: [], emit: Array.from({ length: 9 }, (_, index) => eventOf(gone, String(index))) })
    expect(await operations.pending(5)).toHaveLength(5)
    await removeAll(operations)
    await state.commit({ writes: [], emit: [eventOf('stays', 'one')] })
    const pending = await operations.pending(5)
    expect(pending.map(({ entry }) => entry.id)).toEqual(['one'])
    await operations.settle(pending.map(({ position }) => position))
    const relayed = database.reader.prepare("SELECT value FROM meta WHERE name = 'relayed'").get()
    expect(String(relayed?.value)).toBe(pending[0]?.position)
    expect(await operations.pending(5)).toEqual([])
  })

  it('leaves the relay nothing that it has not seen yet', async () => {
    const made = subject()
    const { state, operations } = await made.open()
    // From here on the relay is told, and reads nothing from the file.
    expect(await operations.pending(5)).toEqual([])
    for (const tenant of [gone, 'stays']) await state.commit({ writes: [], emit: [eventOf(tenant, tenant)] })
    await operations.removeTenant(gone, removal)
    expect((await operations.pending(5)).map(({ entry }) => entry.id)).toEqual(['stays'])
  })
})

describe('the bytes of a tenant that is removed', () => {
  it('are in neither the file nor its log, however its rows were written, moved and replaced', async () => {
    const made = subject()
    const { operations } = await writeMuch(made)
    expect(occurrences(made)).toBeGreaterThan(1_000)
    await removeAll(operations)
    expect(occurrences(made)).toBe(0)
    expect(occurrences(made, 'STAYING')).toBeGreaterThan(1_000)
    expect(await operations.rows('STAYING', { limit: 1_000 })).toMatchObject({ items: { length: 150 } })
  })

  it('go when whoever reads the file as it was has ended; until then the removal says that it is not over', async () => {
    const made = subject()
    const { state, operations } = await made.open()
    await state.commit({ writes: [{ put: rowOf(keyOf(gone, 'row')) }] })
    const reader = openForReading(made.path)
    reader.exec('BEGIN; SELECT COUNT(*) FROM record')
    expect(await operations.removeTenant(gone, removal)).toBe(1)
    await expect(operations.removeTenant(gone, removal)).rejects.toMatchObject({ code: 'storage_in_use', retryable: true })
    // Nobody else is held up.
    await state.commit({ writes: [{ put: rowOf(keyOf('stays', 'row')) }] })
    reader.close()
    expect(await operations.removeTenant(gone, removal)).toBe(0)
    expect(occurrences(made)).toBe(0)
  })

  it('are overwritten by every deletion and replacement already', () => {
    const made = subject()
    const database = openForWriting(made.path)
    const insert = database.prepare('INSERT INTO event VALUES(?, ?, ?, 0, ?, ?)')
    for (let position = 1; position <= 50; position++) insert.run(position, gone, position, 'type', gone.repeat(300))
    database.exec("UPDATE event SET tenant = 'other', body = ''; DELETE FROM event WHERE position > 10")
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    database.close()
    expect(occurrences(made)).toBe(0)
  })
})

describe("a process that reads another's file", () => {
  it('gives rows, a megabyte a page, and removes nothing', async () => {
    const made = subject()
    const { state } = await made.open()
    const sealed = { text: new Uint8Array(300_000) }
    for (let index = 0; index < 10; index++)
      await state.commit({ writes: [{ put: rowOf(keyOf('stays', `${index}`), { sealed }) }] })
    const reader = openForReading(made.path)
    const submit = () => Promise.reject(new Error('It only reads.'))
    const { operations }: SqliteAdapters = sqliteAdapters({ database: { reader, alone: false, submit }, clock: new FakeClock() })
    const sizes: number[] = []
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await operations.rows('stays', { limit: 1_000, ...(after === '' ? {} : { after }) })
      sizes.push(page.items.length)
      after = page.after
    }
    expect(sizes).toEqual([4, 4, 2])
    await expect(operations.removeTenant('stays', removal)).rejects.toThrow('It only reads.')
    reader.close()
  })
})

/** Much of two tenants, side by side: inserted, replaced by longer and shorter, deleted, counted, queued and done. */
async function writeMuch(made: SqliteSubject): Promise<SqliteAdapters> {
  const adapters = await made.open()
  const { state, queue } = adapters
  let seed = 7
  const below = (end: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % end
  }
  for (let round = 0; round < 1_200; round++) {
    const tenant = round % 2 ? gone : 'STAYING'
    const text = tenant.repeat(1 + below(below(10) === 0 ? 900 : 90))
    const sort = String(below(150)).padStart(3, '0')
    const sealed = { text: new TextEncoder().encode(tenant.repeat(below(200))) }
    const lists = [{ group: tenant, order: `${tenant}${below(1_000)}` }]
    await state.commit(
      {
        writes: [
          below(6) === 0
            ? { delete: keyOf(tenant, sort) }
            : { put: rowOf(keyOf(tenant, sort), { index: { text }, sealed, lists }) },
        ],
        emit: [eventOf(tenant, String(round), { detail: { text } }), jobOf(tenant, String(round), { body: { text } })],
      },
      'relaxed',
    )
  }
  for (let sort = 0; sort < 150; sort++)
    await state.commit({ writes: [{ put: rowOf(keyOf('STAYING', String(sort).padStart(3, '0'))) }] }, 'relaxed')
  let done = 0
  const worker = queue.consume('contract.one', { concurrency: 8 }, async () => ({ done: ++done > 0 }) as { done: true })
  while (done < 600) await made.settle()
  await worker.drain()
  return adapters
}
