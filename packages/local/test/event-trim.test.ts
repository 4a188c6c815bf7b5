import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, it } from 'vitest'
import { openForWriting } from '../src/database/schema.ts'
import { Writer } from '../src/database/writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'plinth-trim-'))
const events = 20_000
/** As many of the oldest as are looked at. */
const window = 10_000
let database: DatabaseSync | undefined

afterAll(() => {
  database?.close()
  rmSync(folder, { recursive: true })
})

it('events are trimmed from the oldest on, and those behind many younger ones are not looked for [R7]', () => {
  database = openForWriting(join(folder, 'plinth.db'))
  // The n-th is of the time n, but for one that a clock which was set back wrote into the midst of the others.
  database.exec(
    `WITH RECURSIVE number(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM number WHERE value < ${events})
     INSERT INTO event SELECT value, 'demo', value, iif(value = 15000, 0, value), 'type', '{}' FROM number`,
  )
  const writer = new Writer(database)
  const trim = (before: number): unknown => writer.apply({ kind: 'trimEvents', before, upTo: events, except: [], limit: 100_000 })
  const left = (): unknown => database?.prepare('SELECT min(position) AS first, count(*) AS rows FROM event').get()
  expect(trim(1)).toEqual({ ok: 0 })
  expect(left()).toMatchObject({ first: 1, rows: events })
  expect(trim(5_001)).toEqual({ ok: 5_000 })
  expect(left()).toMatchObject({ first: 5_001, rows: events - 5_000 })
  // Now it is among the oldest.
  expect(trim(5_002)).toEqual({ ok: 2 })
  expect(trim(events)).toEqual({ ok: window })
  expect(trim(events)).toEqual({ ok: events - 5_002 - window - 1 })
  expect(left()).toMatchObject({ first: events, rows: 1 })
})
