import { readFileSync, writeFileSync } from 'node:fs'
import { eventOf, jobOf, keyOf, rowOf } from '@plinth/core/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashFiles } from '../../../test/e2e/support/files.ts'
import { DataFolderLock, examineDatabase, lookThroughDatabase } from '../src/index.ts'
import { type Opened, SqliteSubject } from './sqlite-subject.ts'

let subject: SqliteSubject
let opened: Opened

beforeEach(async () => {
  subject = new SqliteSubject()
  opened = await subject.open()
})
afterEach(() => subject.dispose())

const tenant = (id: string) => rowOf(keyOf('_system', id, 'tenants', 'tenants'))
const deadLetter = (of: string, id: string) => rowOf(keyOf(of, id, 'dead-letters', 'dead-letters'))

describe('a database that is examined beside its writer', () => {
  it('of a fresh folder', () => {
    expect(examineDatabase(subject.directory)).toEqual({
      bytes: expect.any(Number),
      logBytes: expect.any(Number),
      clean: false,
      tenants: 0,
      ready: 0,
      held: 0,
      deadLetters: 0,
      pending: 0,
    })
  })

  it('counts tenants, jobs, dead letters and events, and says since when they wait', async () => {
    const { state, operations } = opened
    const now = subject.clock.now()
    await state.commit({ writes: [tenant('acme'), tenant('other'), tenant('third')].map((put) => ({ put })) })
    // Of a tenant whose name continues another's, too.
    const letters = [deadLetter('acme', '1'), deadLetter('acme', '2'), deadLetter('other', '1'), deadLetter('nobody', '1')]
    for (const put of letters) await state.commit({ writes: [{ put }] })
    await state.commit({ writes: [], emit: [eventOf('acme', 'a', { time: now - 5_000 })] })
    const settled = await operations.pending(10)
    await operations.settle(settled.map((entry) => entry.position))
    await state.commit({ writes: [], emit: [eventOf('acme', 'b', { time: now - 4_000 }), jobOf('acme', 'one')] })
    await state.commit({ writes: [], emit: [eventOf('other', 'c', { time: now - 3_000 }), jobOf('other', 'two')] })
    await state.commit({ writes: [], emit: [jobOf('acme', 'later', { notBefore: now + 60_000 })] })
    await state.commit({ writes: [], emit: [jobOf('acme', 'soon', { notBefore: now + 30_000 })] })
    expect(examineDatabase(subject.directory)).toMatchObject({
      tenants: 3,
      deadLetters: 3,
      ready: 2,
      readySince: now - 4_000,
      held: 2,
      heldUntil: now + 30_000,
      pending: 2,
      pendingSince: now - 4_000,
      newest: now - 3_000,
    })
  })

  it('was closed in good order or not; and nothing is changed by looking', async () => {
    await subject.close()
    const before = hashFiles(subject.directory)
    expect(examineDatabase(subject.directory)).toMatchObject({ clean: true })
    expect(lookThroughDatabase(subject.directory)).toEqual([])
    expect(hashFiles(subject.directory)['plinth.db']).toEqual(before['plinth.db'])
    opened = await subject.open()
    expect(examineDatabase(subject.directory)).toMatchObject({ clean: false })
  })

  it('shows its damage', async () => {
    const { state } = opened
    for (let index = 0; index < 200; index++)
      await state.commit({ writes: [{ put: rowOf(keyOf('t', String(index)), { index: { text: 'x'.repeat(500) } }) }] })
    await subject.close()
    writeFileSync(subject.path, readFileSync(subject.path).fill(0xff, 8_192 * 6, 8_192 * 10))
    expect(lookThroughDatabase(subject.directory)).not.toEqual([])
  })

  it('is none where there is none', () => {
    expect(examineDatabase('/nowhere')).toBeUndefined()
  })
})

describe('the lock of a folder, looked at', () => {
  it('is held while it is held, and looking takes and makes nothing', () => {
    expect(DataFolderLock.isHeld(subject.directory)).toBe(false)
    expect(Object.keys(hashFiles(subject.directory))).not.toContain('plinth.lock')
    const lock = DataFolderLock.take(subject.directory)
    expect(DataFolderLock.isHeld(subject.directory)).toBe(true)
    lock?.release()
    expect(DataFolderLock.isHeld(subject.directory)).toBe(false)
    DataFolderLock.take(subject.directory)?.release()
  })
})
