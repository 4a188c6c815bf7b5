import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runbooks } from '../../../packages/core/src/advisor/risks/risk-rule.ts'
import { blocksOf } from '../../docs/blocks.ts'
import { root } from '../support/command.ts'
import { commandsOf, documents } from './practice.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const index = read('docs/runbooks/README.md')
const logicalIds = read('packages/cdk/test/logical-ids.txt')
const sources = globSync(`${root}packages/cli/src/**/*.ts`)
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n')
/** Those of AWS's command line that pages name, as the AWS CLI's reference has them. */
const awsCommands = [
  'dynamodb describe-continuous-backups',
  'dynamodb restore-table-to-point-in-time',
  'kinesis describe-stream-summary',
  'kms describe-key',
  'kms disable-key',
  'kms enable-key',
  'logs tail',
  'service-quotas list-service-quotas',
  'sqs receive-message',
]

describe('[R119] the runbooks', () => {
  it('are those that risks and roadmap name, each in the index', () => {
    const pages = readdirSync(documents).filter((name) => name !== 'README.md')
    expect(pages.toSorted()).toEqual(runbooks.map((name) => `${name}.md`).toSorted())
    for (const page of pages) expect(index).toContain(`](${page})`)
  })

  it.each(runbooks)('%s says in order how to notice, find, do, know that it is over, and prevent', (page) => {
    const text = read(`docs/runbooks/${page}.md`)
    const headings = ['Notice', 'Find the cause', 'Do', 'Over when', 'Prevent']
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(headings)
    expect(text.split('\n').length).toBeLessThanOrEqual(85)
    for (const heading of headings.slice(0, 4)) expect(commandsOf(page, heading), heading).not.toEqual([])
  })

  it.each([...runbooks, 'README'])('%s names commands, options, alarms and metrics that are there', (page) => {
    const text = read(`docs/runbooks/${page}.md`)
    const code = blocksOf(page, text)
      .map((block) => block.code)
      .join('\n')
    for (const [line, verb = ''] of `${code}\n${text}`.matchAll(/(?:^|[\s`($])plinth ([a-z]+)[^\n`|)]*/g)) {
      expect(existsSync(join(root, `packages/cli/src/commands/${verb}.ts`)), line).toBe(true)
      for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(sources, line).toContain(`'${option}`)
    }
    for (const [, command] of code.matchAll(/(?:^|[\s(])aws ([a-z-]+ [a-z-]+)/g)) expect(awsCommands).toContain(command)
    for (const [, alarm = ''] of text.matchAll(/`((?:EventDriven|MultiAgent|MultiTenant|Analytics|Rag)\/[\w./-]+)`/g))
      expect(logicalIds).toContain(`AWS::CloudWatch::Alarm ${alarm.replaceAll(/[^A-Za-z0-9]/g, '')}`)
    const operations = read('docs/operations.md') + read('docs/aws.md')
    for (const [metric] of text.matchAll(/\b(?:plinth|gen_ai)_[a-z_]+[a-z]/g))
      expect(operations, metric).toContain(metric.replace(/_(?:count|sum)$/, ''))
  })
})
