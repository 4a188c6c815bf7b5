import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { idleCost } from '../src/index.ts'
import { plinthStack, templateOf } from './support/synthesised.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/aws.md'), 'utf8')

/** The rows of the first table below a heading, without its head. */
function tableBelow(heading: string): readonly (readonly string[])[] {
  const [, section = ''] = page.split(`\n### ${heading}\n`)
  const [, table = ''] = /((?:^\|.*\n)+)/m.exec(section) ?? []
  const rows = table.trim().split('\n')
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

describe('docs/aws.md', () => {
  const template = templateOf(plinthStack())

  it('[R20] says what waiting costs, as it is read from the template', () => {
    const { lines, usd, streamsUsd } = idleCost(template)
    expect(tableBelow('What waiting costs').map(([what, count, cost]) => [what, Number(count), Number(cost)])).toEqual(
      lines.map((line) => [line.what, line.count, line.usd]),
    )
    const bare = { multiTenant: { waf: false }, monitoring: false } as const
    const less = idleCost(templateOf(plinthStack(bare)))
    const least = idleCost(templateOf(plinthStack({ ...bare, analytics: false })))
    const [all, few, shard, fewest] = [usd, less.usd, streamsUsd, least.usd].map((amount) => amount.toFixed(2))
    expect(page).toContain(
      `So ${all} in all, and ${few} with \`--no-waf --no-dashboards\`, of which the shard is ${shard}; with \`--no-streams\``,
    )
    expect(page).toContain(`besides, which takes queues and alarms along, ${fewest}.`)
  })

  it('[X70] names each kind of thing that a deployment makes, and no other', () => {
    const made = Object.values(template.Resources).map(({ Type }) => Type.split('::').slice(1).join(' ').toLowerCase())
    const named = tableBelow('Permissions to deploy').flatMap(([service = '', kinds = '']) =>
      // Kinds are written as CloudFormation has them; an action, as of IAM, has its service before it.
      [...kinds.matchAll(/(?<!:)\b[A-Z][A-Za-z]+\b/g)].map(([kind]) => `${service.replaceAll('`', '')} ${kind}`.toLowerCase()),
    )
    expect(named.toSorted()).toEqual([...new Set(made)].toSorted())
  })
})
