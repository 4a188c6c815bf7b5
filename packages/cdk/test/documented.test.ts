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
    const { lines, usd, wafUsd, dashboardsUsd, streamsUsd } = idleCost(template)
    expect(tableBelow('What waiting costs').map(([what, count, cost]) => [what, Number(count), Number(cost)])).toEqual(
      lines.map((line) => [line.what, line.count, line.usd]),
    )
    const rest = usd - wafUsd - dashboardsUsd
    const without = idleCost(templateOf(plinthStack({ analytics: false })))
    const amounts = [usd, rest - streamsUsd, without.usd - without.wafUsd - without.dashboardsUsd]
    const [all, less, least] = amounts.map((amount) => amount.toFixed(2))
    expect(page).toContain(`So ${all} in all, and ${less} without web ACL, dashboards and shard; with \`--no-streams\``)
    expect(page).toContain(`which takes queues and alarms along, ${least}.`)
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
