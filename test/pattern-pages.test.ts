import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { patternNames } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { adviceOn } from '../packages/cli/src/commands/advise.ts'
import { anchorsOf } from './docs/anchors.ts'
import { root } from './docs/checkout.ts'
import { numbersOf, rowsOf } from './docs/tables.ts'
import { temporaryFolder } from './e2e/support/temporary-folder.ts'

/** What somebody finds on the page of every pattern, whatever else is on it. */
const sections = [
  'The diagram, as built',
  'Principles',
  'What it gives, and how much',
  'Flow',
  'Guarantees',
  'What goes wrong, and what you see',
  'Embedded and AWS',
  'Limits',
  'What drives cost',
  'In practice',
  'A program',
]
const benchmarks = readFileSync(join(root, 'docs/benchmarks.md'), 'utf8')
const anchors = anchorsOf(benchmarks)
const measured = new Set(numbersOf(benchmarks))

describe.each(patternNames)('[R2] the page of %s', (name) => {
  const document = `docs/patterns/${name}.md`
  const text = readFileSync(join(root, document), 'utf8')
  const section = (title: string): string => text.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? ''

  it('says in its first words what it is for, and has every section', () => {
    expect(text.split('\n\n')[1]?.length).toBeGreaterThan(200)
    for (const title of sections) expect(section(title).length, title).toBeGreaterThan(title.length + 100)
  })

  it('names a file or a port that is there for each box of its diagram', () => {
    const diagram = section('The diagram, as built')
    expect(diagram).toContain('```mermaid')
    expect(rowsOf(diagram).length).toBeGreaterThanOrEqual(5)
    const files = [...diagram.matchAll(/`([\w/-]+(?:\.ts|\/))`/g)].map(([, path = '']) => path)
    expect(files.length).toBeGreaterThan(0)
    for (const path of files) expect(placesOf(path).some(existsSync), path).toBe(true)
  })

  it('gives each benefit a figure, or what shows it, and its benchmarks are there', () => {
    const benefits = section('What it gives, and how much')
    const rows = rowsOf(benefits)
    expect(rows.length).toBeGreaterThanOrEqual(4)
    const linked = [...benefits.matchAll(/benchmarks\.md#([\w-]+)/g)].map(([, anchor]) => anchor)
    expect(linked.length).toBeGreaterThan(0)
    for (const anchor of linked) expect(anchors).toContain(anchor)
    for (const [benefit, figure = ''] of rows.filter((row) => row.join().includes('benchmarks.md'))) {
      expect(numbersOf(figure).length, benefit).toBeGreaterThan(0)
      for (const number of numbersOf(figure)) expect(measured, benefit).toContain(number)
    }
  })

  it('has an example from practice, for which the advisor chooses it, at the cost that is told', async () => {
    const practice = section('In practice')
    const profile = join(temporaryFolder(), 'profile.json')
    writeFileSync(profile, practice.split('```json advise\n')[1]?.split('```')[0] ?? '')
    const advice = await adviceOn({ profile })
    expect(advice.composition.primary).toBe(name)
    const { min, likely, max, drivers } = advice.cost
    const usd = (value: number): string => Math.round(value).toLocaleString('en')
    expect(practice).toContain(
      `\`plinth advise\` puts it at ${usd(likely)} USD a month on AWS, by list prices (${usd(min)} at the least, ${usd(max)} at the most), ` +
        `${Math.round((drivers[0]?.share ?? 0) * 100)} % of it for ${drivers[0]?.service};`,
    )
    if (name === 'multi-tenant')
      expect(practice).toContain(`A pooled tenant of these costs ${advice.cost.per_tenant?.toFixed(2)} USD a month`)
  })
})

/** Where a file that a page names may lie: below a package, its sources, or a folder of core. */
function placesOf(path: string): readonly string[] {
  const [first = '', ...rest] = path.split('/')
  const core = join(root, 'packages/core/src')
  const folders = readdirSync(core).map((folder) => join(core, folder, path))
  return [join(root, 'packages', path), join(root, 'packages', first, 'src', ...rest), join(core, path), ...folders]
}
