import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './checkout.ts'

interface Row {
  readonly threat: string
  readonly control: string
  readonly file: string
  readonly title: string
}

/** The rows of a table that name a test: `| threat | control | \`file\`: title |`. Rows with a threat alone head those below them. */
function rowsOf(page: string): readonly Row[] {
  const table = page.slice(page.indexOf('| threat | control | test |'))
  const lines = table.slice(0, table.indexOf('\n\n')).split('\n').slice(2)
  return lines
    .filter((line) => !/^\| \*\*.+ \| \| \|$/.test(line))
    .map((line) => {
      const [, threat = '', control = '', file = '', title = ''] = /^\| (.+?) \| (.+?) \| `([^`]+)`: (.+) \|$/.exec(line) ?? []
      if (title === '') throw new Error(`No row of a threat: ${line}`)
      return { threat, control, file, title }
    })
}

/** Whether a file has a test of this title, its numbers left out; a title may stand for the tests of a table. */
function hasTest(text: string, title: string): boolean {
  const titles = [...text.matchAll(/(['"`])((?:\\.|(?!\1)[^\\\n])+)\1/g)].map(([, , string = '']) =>
    string
      .replaceAll(/\[[RGX]\d+(?:, ?[RGX]\d+)*\]/g, '')
      .replaceAll(/\\(.)/g, '$1')
      .replaceAll(/ {2,}/g, ' ')
      .trim(),
  )
  return titles.includes(title)
}

const page = readFileSync(join(root, 'docs', 'security.md'), 'utf8')
const rows = rowsOf(page)

describe('the threats of docs/security.md', () => {
  it('are there, and the page can be read', () => {
    expect(rows.length).toBeGreaterThan(50)
    expect(new Set(rows.map(({ file, title }) => `${file}: ${title}`)).size).toBe(rows.length)
    expect(page.split('\n').length).toBeLessThan(260)
  })

  it.each(rows.map((row) => [row.threat, row] as const))('%s: shown by a test that is there', (_, { file, title }) => {
    expect(file).toMatch(/\.test\.ts$/)
    expect(existsSync(join(root, file)), file).toBe(true)
    expect(hasTest(readFileSync(join(root, file), 'utf8'), title), `${file}: ${title}`).toBe(true)
  })

  it('would be found to name no test', () => {
    expect(hasTest(`it('is [X1] "so" [R1, R2]', run)`, 'is "so"')).toBe(true)
    expect(hasTest(`it('is so', run)`, 'is')).toBe(false)
    expect(() => rowsOf('| threat | control | test |\n|---|---|---|\n| a | b | c |\n\n')).toThrow('No row of a threat')
  })
})
