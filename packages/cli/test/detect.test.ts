import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidInputError } from '@plinth/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { detectCommand } from '../src/commands/detect.ts'
import { lines, plinth, refusalOf } from './support/plinth.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-detect-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A value every five minutes, between 40 and 60, and 500 in the row that is named. */
function csv(rows: number, spike: number): string {
  const body = Array.from({ length: rows }, (_, row) => {
    const time = new Date(Date.UTC(2026, 0, 5) + row * 300_000).toISOString().slice(0, 19).replace('T', ' ')
    return `${time},${row === spike ? 500 : 40 + ((row * 7919) % 21)}\n`
  })
  return `timestamp,value\n${body.join('')}`
}

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const detect = (...args: string[]): ReturnType<typeof plinth> => plinth(['detect', ...args], {})

describe('plinth detect', () => {
  it('writes a score for each row, needs no server, and says what is anomalous', async () => {
    const file = write('cpu.csv', csv(500, 450))
    const out = join(folder, 'scores.csv')
    const run = await detect(file, '--out', out)
    expect([run.exit.code, run.stderr]).toEqual([0, ''])
    const rows = readFileSync(out, 'utf8').split('\n')
    expect(rows[0]).toBe('timestamp,value,anomaly_score')
    expect(rows.slice(1, -1).map((row) => row.slice(0, row.lastIndexOf(',')))).toEqual(lines(csv(500, 450)).slice(1))
    expect(rows.at(-1)).toBe('')
    expect(Number(rows[451]?.split(',')[2])).toBeGreaterThan(0.9)
    expect(run.stdout).toContain('2026-01-06 13:30:00  0.')
    expect(run.stdout).toContain('500 is far above anything seen in the last 38 hours (40 to 60).')
    expect(lines(run.stdout).at(-1)).toMatch(/cpu\.csv: 500 rows, \d+ anomal(y|ies)\. Scores: .*scores\.csv$/)
  })

  it('scores a beginning as the whole', async () => {
    const [whole, part] = [write('whole.csv', csv(400, 350)), write('part.csv', csv(300, 350))]
    expect((await detect(whole, part, '--out-dir', join(folder, 'scores'))).exit.code).toBe(0)
    const [all, some] = ['whole.csv', 'part.csv'].map((name) => readFileSync(join(folder, 'scores', name), 'utf8'))
    expect(all?.startsWith(some ?? '-')).toBe(true)
  })

  it('prints the scores when no file is named for them, and the rest beside', async () => {
    const run = await detect(write('cpu.csv', csv(100, 90)))
    expect(run.exit.code).toBe(0)
    expect(lines(run.stdout).length).toBe(101)
    expect(lines(run.stdout)[0]).toBe('timestamp,value,anomaly_score')
    expect(run.stderr).toContain('500 is far above')
  })

  it('prints JSON', async () => {
    const run = await detect(write('cpu.csv', csv(500, 450)), '--json')
    const { threshold, files } = JSON.parse(run.stdout) as { threshold: number; files: { rows: number; anomalies: object[] }[] }
    expect(threshold).toBeGreaterThan(0)
    expect(files[0]?.rows).toBe(500)
    expect(files[0]?.anomalies.at(-1)).toMatchObject({
      line: 452,
      timestamp: '2026-01-06 13:30:00',
      value: 500,
      reason: '500 is far above anything seen in the last 38 hours (40 to 60).',
      expected: [40, 60],
    })
  })

  it('refuses a row that it can not read, and leaves no half of the scores', async () => {
    const out = join(folder, 'scores.csv')
    const run = await detect(write('bad.csv', 'timestamp,value\n2026-01-05 00:00:00,1\n2026-01-05 00:05:00,abc\n'), '--out', out)
    expect(refusalOf(run)).toContain('bad.csv, line 3: "abc" is no number.')
    expect([existsSync(out), existsSync(`${out}.partial`)]).toEqual([false, false])
  })

  it('refuses what it can not read or write, and to overwrite', async () => {
    const file = write('cpu.csv', csv(10, 5))
    mkdirSync(join(folder, 'other'))
    const namesake = write('other/cpu.csv', csv(10, 5))
    const refused = async (...args: string[]): Promise<string> => {
      const failure = await detectCommand()
        .parseAsync(args, { from: 'user' })
        .then(
          () => undefined,
          (error: unknown) => error,
        )
      expect(failure).toBeInstanceOf(InvalidInputError)
      return String(failure)
    }
    expect(await refused(join(folder, 'none.csv'))).toContain('There is no file')
    expect(await refused(folder)).toContain("Can't read the file")
    expect(await refused(file, '--out', join(folder, 'none', 'scores.csv'))).toContain("can't be written")
    expect(await refused(file, '--out', file)).toContain('--out would overwrite')
    expect(await refused(file, '--out-dir', folder)).toContain('--out-dir would overwrite')
    expect(await refused(file, '--out-dir', join(file, 'scores'))).toContain('--out-dir must be a folder')
    for (const out of ['/proc/nowhere/at/all', join(folder, 'x'.repeat(300))])
      expect(await refused(file, '--out-dir', out)).toContain('--out-dir must be a folder')
    expect(await refused(file, namesake)).toContain('give --out-dir')
    expect(await refused(file, namesake, '--out-dir', join(folder, 'scores'))).toContain('Two files are named cpu.csv')
    expect(await refused(file, '--out', 'a', '--out-dir', 'b')).toContain('not both')
    expect(readFileSync(file, 'utf8')).toBe(csv(10, 5))
    const run = await detect(join(folder, 'none.csv'), '--json')
    expect(run.exit.code).toBe(1)
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'invalid_input' } })
  })
})
