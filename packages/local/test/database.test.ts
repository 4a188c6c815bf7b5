import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StateStore } from '@plinth/core'
import { eventOf, jobOf, keyOf, rowOf } from '@plinth/core/contracts'
import { scriptedModels } from '@plinth/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { openForReading } from '../src/database/schema.ts'
import { Database, DataFolderLock, localPlatform, readingPlatform, SqliteStateStore } from '../src/index.ts'
import { SqliteSubject } from './sqlite-subject.ts'

const subjects: SqliteSubject[] = []
const subject = (options?: { maxPages: number }): SqliteSubject => {
  const made = new SqliteSubject(options)
  subjects.push(made)
  return made
}
afterEach(async () => {
  for (const made of subjects.splice(0)) await made.dispose()
})

const put = (index: number, size = 10): Parameters<typeof rowOf>[1] & object => ({ index: { text: 'x'.repeat(size), index } })

/** A process that commits without end and says how often; it dies when it is told to. */
function writerProcess(directory: string): ReturnType<typeof spawn> {
  const code = `
    import { Database, SqliteStateStore, systemClock } from '@plinth/local'
    const database = await Database.open({ path: process.argv[1] + '/plinth.db', onFatal: () => process.exit(3) })
    const state = new SqliteStateStore({ database, clock: systemClock })
    for (let index = 0; ; index++) {
      await state.commit({ writes: [{ put: { tenant: 't', collection: 'c', partition: 'p', sort: String(index).padStart(9, '0'), schema: 1, index: { index }, sealed: {}, lists: [] } }] })
      console.log(index)
    }`
  const root = new URL('..', import.meta.url)
  return spawn(process.execPath, ['--conditions=@plinth/source', '--input-type=module', '-e', code, directory], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function fill(state: StateStore): Promise<void> {
  for (let index = 0; index < 300; index++)
    await state.commit({ writes: [{ put: rowOf(keyOf('t', `row-${index}`), put(index, 500)) }] }, 'relaxed')
}

/** Overwrites pages of a file that was closed, and marks it as left by a crash. */
function damage(path: string): void {
  const bytes = readFileSync(path)
  bytes.fill(0xff, 8192 * 20, 8192 * 30)
  writeFileSync(path, bytes)
  const marked = new DatabaseSync(path)
  marked.exec("UPDATE meta SET value = 0 WHERE name = 'clean'")
  marked.close()
}

describe('the database file', () => {
  it('is looked through in the background after a crash, and not after a good end', async () => {
    const made = subject()
    await made.open()
    await made.close()
    const child = writerProcess(made.directory)
    let written = -1
    child.stdout?.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().split('\n')) if (line !== '') written = Number(line)
    })
    while (written < 200) await once(child.stdout as NodeJS.ReadableStream, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const checked = Promise.withResolvers<readonly string[]>()
    const database = await Database.open({
      path: made.path,
      onFatal: () => {},
      onChecked: (problems) => checked.resolve(problems),
    })
    expect(database.clean).toBe(false)
    expect(await checked.promise).toEqual([])
    const rows = database.reader.prepare('SELECT COUNT(*) AS amount FROM record').get()
    expect(Number(rows?.amount)).toBeGreaterThanOrEqual(written + 1)
    await database.close()
    let looked = false
    const again = await Database.open({ path: made.path, onFatal: () => {}, onChecked: () => (looked = true) })
    expect(again.clean).toBe(true)
    await again.close()
    expect(looked).toBe(false)
  })

  it('refuses as closed what is asked while it closes, and calls that no failure', async () => {
    const made = subject()
    const failures: string[] = []
    const database = await Database.open({ path: made.path, onFatal: ({ code }) => failures.push(code), onChecked: () => {} })
    const closing = database.close()
    const asked = database.submit({ kind: 'promote', now: 0 }, true)
    await expect(asked).rejects.toMatchObject({ code: 'closed' })
    await closing
    expect(failures).toEqual([])
  })

  it('is closed once, for all who close it', async () => {
    const made = subject()
    const failures: string[] = []
    const database = await Database.open({ path: made.path, onFatal: ({ code }) => failures.push(code) })
    const asked = database.submit({ kind: 'promote', now: 0 }, true)
    const ends: string[] = []
    await Promise.all([database.close().then(() => ends.push('first')), database.close().then(() => ends.push('second'))])
    await asked
    await database.close()
    expect([ends, failures]).toEqual([['first', 'second'], []])
  })

  it('tells of damage that the look after a crash finds', async () => {
    const made = subject()
    const { state } = await made.open()
    await fill(state)
    await made.close()
    damage(made.path)
    const checked = Promise.withResolvers<readonly string[]>()
    const database = await Database.open({
      path: made.path,
      onFatal: () => {},
      onChecked: (problems) => checked.resolve(problems),
    })
    expect((await checked.promise).length).toBeGreaterThan(0)
    await database.close()
  })

  it('is refused as damaged when it can not even be opened', async () => {
    const made = subject()
    await fill((await made.open()).state)
    await made.close()
    const bytes = readFileSync(made.path)
    bytes.fill(0xff, 8192, 8192 * 16)
    writeFileSync(made.path, bytes)
    await expect(made.open()).rejects.toMatchObject({ code: 'database_damaged' })
    made.opened = undefined
  })

  it('is refused, and left as it was, when a newer Plinth or another program wrote it', async () => {
    for (const [statement, code] of [
      ['PRAGMA user_version = 99', 'newer_file'],
      ['PRAGMA application_id = 7', 'foreign_file'],
    ] as const) {
      const made = subject()
      await made.open()
      await made.close()
      const other = new DatabaseSync(made.path)
      other.exec(statement)
      other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      other.close()
      const before = readFileSync(made.path)
      await expect(made.open()).rejects.toMatchObject({ code })
      expect(readFileSync(made.path).equals(before)).toBe(true)
      made.opened = undefined
    }
  })

  it('keeps its write-ahead log bounded', async () => {
    const made = subject()
    const { state } = await made.open()
    let longest = 0
    for (let round = 0; round < 60; round++) {
      await Promise.all(
        Array.from({ length: 64 }, (_, index) =>
          state.commit({ writes: [{ put: rowOf(keyOf('t', `row-${index}`), put(round, 20_000)) }] }, 'relaxed'),
        ),
      )
      longest = Math.max(longest, statSync(`${made.path}-wal`).size)
    }
    // 75 MB were written; the log turns at 16 MB, give or take a batch.
    expect(longest).toBeLessThan(40 * 1024 * 1024)
  })

  it('refuses what does not fit on a full disk, loses nothing before it, and goes on when there is room', async () => {
    const made = subject({ maxPages: 120 })
    const { state, queue } = await made.open()
    const kept: string[] = []
    let refused: unknown
    for (let index = 0; index < 500 && !refused; index++) {
      const id = `row-${index}`
      const change = {
        writes: [{ put: rowOf(keyOf('full', id), put(index, 2_000)) }],
        emit: [eventOf('full', id), jobOf('full', id, { queue: 'full.queue' })],
      }
      await state.commit(change).then(
        () => kept.push(id),
        (error: unknown) => (refused = error),
      )
    }
    expect(refused).toMatchObject({ code: 'storage_full', retryable: true })
    expect(kept.length).toBeGreaterThan(10)
    for (const id of kept) expect(await state.get(keyOf('full', id))).toBeDefined()
    expect(await state.events('full', { after: 0, limit: 1_000 })).toHaveLength(kept.length)
    for (const id of kept.slice(0, 20)) await state.commit({ writes: [{ delete: keyOf('full', id) }] })
    await state.commit({ writes: [{ put: rowOf(keyOf('full', 'again'), put(0, 2_000)) }] })
    const delivered: string[] = []
    const worker = queue.consume('full.queue', { concurrency: 8 }, async (job) => {
      delivered.push(job.id)
      return { done: true }
    })
    while (delivered.length < kept.length) await made.settle()
    await worker.drain()
    expect(delivered.toSorted()).toEqual(kept.toSorted())
  })

  it('joins what is asked for at one moment in one transaction, and one that fails does not fail its neighbours', async () => {
    const made = subject()
    const { state, database } = await made.open()
    const walBefore = Number(database.reader.prepare('PRAGMA data_version').get()?.data_version)
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, (_, index) =>
        state.commit({
          writes: [{ put: rowOf(keyOf('t', `row-${index % 100}`)), ifVersion: 'absent' as const }],
          emit: [eventOf('t', `event-${index}`)],
        }),
      ),
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(100)
    expect((await state.events('t', { after: 0, limit: 1_000 })).map((event) => event.sequence)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    )
    // One transaction is one change of the version that another connection sees.
    expect(Number(database.reader.prepare('PRAGMA data_version').get()?.data_version) - walBefore).toBeLessThanOrEqual(2)
  })

  it('does not fail the neighbours of an operation that can not be done', async () => {
    const made = subject()
    const { database, state } = await made.open()
    const odd = database.submit({ kind: 'relayed', position: 0.5 }, true)
    const results = await Promise.allSettled([
      odd,
      ...Array.from({ length: 5 }, (_, index) => state.commit({ writes: [{ put: rowOf(keyOf('t', `row-${index}`)) }] })),
    ])
    expect(results.map((result) => result.status)).toEqual(['rejected', ...Array.from({ length: 5 }, () => 'fulfilled')])
    await expect(odd).rejects.toMatchObject({ code: 'storage_failed' })
    expect(await state.get(keyOf('t', 'row-4'))).toMatchObject({ version: 1 })
  })

  it('says so, once, when it turns out to be damaged, and takes nothing more', async () => {
    const made = subject()
    await fill((await made.open()).state)
    await made.close()
    damage(made.path)
    const fatal: string[] = []
    const database = await Database.open({ path: made.path, onFatal: (error) => fatal.push(error.code) })
    const state = new SqliteStateStore({ database, clock: made.clock })
    await expect(fill(state)).rejects.toMatchObject({ code: 'storage_failed' })
    await expect(state.commit({ writes: [{ put: rowOf(keyOf('t', 'more')) }] })).rejects.toMatchObject({ code: 'storage_failed' })
    expect(fatal).toEqual(['storage_failed'])
    await database.close()
  })

  it('finds unfinished jobs ready at once after a restart, also those that a dead process had leased', async () => {
    const made = subject()
    const { state, queue } = await made.open()
    await state.commit({ writes: [], emit: [jobOf('t', 'held', { queue: 'q.one' }), jobOf('t', 'waiting', { queue: 'q.one' })] })
    const held = Promise.withResolvers<void>()
    queue.consume('q.one', { concurrency: 1 }, () => {
      held.resolve()
      return new Promise(() => {})
    })
    await held.promise
    await new Promise(setImmediate)
    await made.opened?.database.close()
    const again = await made.open()
    const delivered: string[] = []
    again.queue.consume('q.one', { concurrency: 2 }, async (job, { cutOffs }) => {
      delivered.push(`${job.id} ${cutOffs}`)
      return { done: true }
    })
    while (delivered.length < 2) await made.settle()
    expect(delivered.toSorted()).toEqual(['held 1', 'waiting 0'])
  })
})

describe('a file of an older version', () => {
  it('is brought to this one, with its jobs, and a reader beside does not touch it before', async () => {
    const made = subject()
    const { state } = await made.open()
    await state.commit({ writes: [{ put: rowOf(keyOf('t', 'kept')) }] })
    await made.close()
    // What version 1 had in place of the tables ready, held and taken; logs it had none.
    const older = new DatabaseSync(made.path)
    older.exec(`DROP TABLE ready; DROP TABLE held; DROP TABLE taken; DROP TABLE entry; DROP TABLE log;
      CREATE TABLE job(position INTEGER PRIMARY KEY, queue TEXT NOT NULL, lane TEXT NOT NULL, tenant TEXT NOT NULL,
        due INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE INDEX job_ready ON job(queue, lane, tenant, position) WHERE due = 0;
      CREATE INDEX job_due ON job(due) WHERE due > 0;
      PRAGMA user_version = 1`)
    const add = older.prepare('INSERT INTO job VALUES(?, ?, ?, ?, ?, ?)')
    for (const [position, due] of [
      [5, 0],
      [6, made.clock.now() + 1_000],
      [7, 0],
    ] as const)
      add.run(position, 'q.one', 'normal', 't', due, JSON.stringify(jobOf('t', `job-${position}`, { queue: 'q.one' })))
    older.close()
    expect(() => openForReading(made.path)).toThrow('Start Plinth on it once')
    const again = await made.open()
    expect(await again.state.get(keyOf('t', 'kept'))).toMatchObject({ version: 1 })
    const delivered: string[] = []
    again.queue.consume('q.one', { concurrency: 1 }, async (job) => {
      delivered.push(job.id)
      return { done: true }
    })
    while (delivered.length < 2) await made.settle()
    await made.clock.advance(1_000)
    while (delivered.length < 3) await made.settle()
    expect(delivered).toEqual(['job-5', 'job-7', 'job-6'])
  })

  it('of version 2 gets logs, and keeps what it had', async () => {
    const made = subject()
    const { state } = await made.open()
    await state.commit({ writes: [{ put: rowOf(keyOf('t', 'kept')) }], emit: [jobOf('t', 'job', { queue: 'q.one' })] })
    await made.close()
    const older = new DatabaseSync(made.path)
    older.exec('DROP TABLE entry; DROP TABLE log; PRAGMA user_version = 2')
    older.close()
    const again = await made.open()
    expect(await again.state.get(keyOf('t', 'kept'))).toMatchObject({ version: 1 })
    expect(again.database.reader.prepare('SELECT COUNT(*) AS jobs FROM ready').get()?.jobs).toBe(1)
    expect(await again.stream.append('t', [{ partition: 'p', data: new Uint8Array(3) }])).toEqual([
      { sequence: '0000000000000001' },
    ])
  })
})

describe('the data folder', () => {
  it('is missed when it is removed or replaced while Plinth runs', async () => {
    for (const replaced of [false, true]) {
      const made = subject()
      const gone: string[] = []
      const models = scriptedModels(() => '')
      const platform = await localPlatform({
        directory: made.directory,
        models,
        clock: made.clock,
        onFatal: (error) => gone.push(error.code),
      })
      await made.clock.advance(10_000)
      expect(gone).toEqual([])
      renameSync(made.path, `${made.path}.away`)
      if (replaced) writeFileSync(made.path, '')
      await made.clock.advance(10_000)
      expect(gone).toEqual(['folder_gone'])
      await platform.close()
    }
  })

  it('with a table that can not be read is let go, and looked through at the next start', async () => {
    const made = subject()
    const options = { directory: made.directory, models: scriptedModels(() => '') }
    await (await localPlatform(options)).close()
    const other = new DatabaseSync(made.path)
    const page = Number(other.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'log'").get()?.rootpage)
    const bytes = readFileSync(made.path)
    writeFileSync(made.path, bytes.fill(0xff, 8192 * (page - 1), 8192 * page))
    expect(() => readingPlatform(options)).toThrow('malformed')
    await expect(localPlatform(options)).rejects.toThrow('malformed')
    expect(other.prepare("SELECT value FROM meta WHERE name = 'clean'").get()).toEqual({ value: 0 })
    // Which takes that nobody else has the file open.
    other.exec('PRAGMA journal_mode = DELETE')
    other.close()
  })

  it('that lost its master key is refused, and gets no new one', async () => {
    const made = subject()
    const options = { directory: made.directory, models: scriptedModels(() => '') }
    await (await localPlatform(options)).close()
    rmSync(join(made.directory, 'master.key'))
    await expect(localPlatform(options)).rejects.toThrow('is missing')
    expect(existsSync(join(made.directory, 'master.key'))).toBe(false)
  })
})

describe('the lock of a data folder', () => {
  it('is held by one, and goes with a process that is killed', async () => {
    const made = subject()
    const code = `
      import { DataFolderLock } from '@plinth/local'
      console.log(DataFolderLock.take(process.argv[1]) ? 'mine' : 'taken')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--conditions=@plinth/source', '--input-type=module', '-e', code, made.directory], {
      cwd: new URL('..', import.meta.url),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    expect(said.toString().trim()).toBe('mine')
    expect(DataFolderLock.take(made.directory)).toBeUndefined()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = DataFolderLock.take(made.directory)
    expect(lock).toBeDefined()
    expect(DataFolderLock.take(made.directory)).toBeUndefined()
    lock?.release()
    DataFolderLock.take(made.directory)?.release()
  })
})
