import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlinthError } from '@plinth/core'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { synthCommand } from '../src/commands/synth.ts'

const handlers = temporaryFolder()
for (const name of [
  'api',
  'authorizer',
  'request-worker',
  'relay',
  'sweeper',
  'document-worker',
  'workflow-worker',
  'execution-worker',
  'stream-processor',
  'insight-worker',
]) {
  mkdirSync(join(handlers, name))
  writeFileSync(join(handlers, name, 'index.mjs'), 'export const handler = async () => {}\n')
}

/** What the command prints. */
async function synth(...args: string[]): Promise<string> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    await synthCommand().parseAsync(args, { from: 'user' })
    return log.mock.calls.flat().join('\n')
  } finally {
    log.mockRestore()
  }
}

describe('plinth synth', () => {
  it('[X70] writes a template as JSON, and says where, how large, and what waiting costs', async () => {
    const out = join(temporaryFolder(), 'new', 'odd $(folder)')
    const printed = await synth('--out', out, '--handlers', handlers)
    const path = join(out, 'Plinth.template.json')
    const { Resources } = JSON.parse(readFileSync(path, 'utf8')) as { Resources: Record<string, { Type: string }> }
    expect(printed).toContain(`${path}  `)
    expect(printed).toContain(`${Object.keys(Resources).length} resources`)
    expect(printed).toMatch(/^ {2}request-worker +38 bytes, zipped \d+ bytes$/m)
    expect(printed).toMatch(/^Waiting costs about \d+\.\d\d USD a month/m)
    expect(printed).toMatch(/^ +1\.00 {2}1 KMS keys$/m)
    expect(printed).toMatch(/^The stream of records is 10\.80 of it; --no-streams leaves it out\.$/m)
    expect(printed).toContain(`deploy --app '${out}'`)
  })

  it('--no-waf leaves out the web ACL, and the help says what that loses and saves', async () => {
    const out = temporaryFolder()
    const typesIn = (folder: string) => {
      const template = JSON.parse(readFileSync(join(folder, 'Plinth.template.json'), 'utf8'))
      return Object.values((template as { Resources: Record<string, { Type: string }> }).Resources).map(({ Type }) => Type)
    }
    const costOf = (printed: string) => Number(/^Waiting costs about ([\d.]+) USD/m.exec(printed)?.[1])
    const without = await synth('--out', out, '--handlers', handlers, '--no-waf')
    expect(typesIn(out).filter((type) => type.startsWith('AWS::WAFv2::'))).toEqual([])
    expect(without).not.toMatch(/web ACL/)
    const usual = await synth('--out', out, '--handlers', handlers)
    expect(typesIn(out)).toContain('AWS::WAFv2::WebACL')
    const saved = Number(/^The web ACL is ([\d.]+) of it; --no-waf leaves it out\.$/m.exec(usual)?.[1])
    expect(saved).toBeGreaterThan(0)
    const help = synthCommand().helpInformation().replace(/\s+/g, ' ')
    expect(help).toMatch(/--no-waf .*no limit by address.*known attackers.*exploits/)
    const said = Number(/saves about (\d+) USD a month/.exec(help)?.[1])
    expect(Math.abs(said - saved)).toBeLessThan(1)
    // An alarm on the web ACL goes with it.
    const difference = costOf(usual) - costOf(without)
    expect(difference).toBeGreaterThanOrEqual(saved)
    expect(difference).toBeLessThan(saved + 0.5)
  })

  it.each([
    ['--no-rag', 'rag-processor', '/api/documents and /api/rag'],
    ['--no-agents', 'multi-agent-processor', '/api/workflows and /api/agents'],
    ['--no-streams', 'analytics-processor', '/api/streams, /api/alerts and /api/alert-rules'],
  ])('%s leaves out %s, and the help says what that loses and saves', async (flag, worker, paths) => {
    const costOf = (printed: string) => Number(/^Waiting costs about ([\d.]+) USD/m.exec(printed)?.[1])
    const out = temporaryFolder()
    const usual = costOf(await synth('--out', out, '--handlers', handlers))
    expect(readFileSync(join(out, 'Plinth.template.json'), 'utf8')).toContain(worker)
    const without = costOf(await synth('--out', out, '--handlers', handlers, flag))
    expect(readFileSync(join(out, 'Plinth.template.json'), 'utf8')).not.toContain(worker)
    const help = synthCommand().helpInformation().replace(/\s+/g, ' ')
    const said = Number(new RegExp(`${flag} .*404 under ${paths}; saves about (\\d+) USD a month`).exec(help)?.[1])
    expect(Math.abs(said - (usual - without))).toBeLessThan(0.5)
  })

  it('--no-dashboards leaves out the dashboards, and the help says what that saves', async () => {
    const costOf = (printed: string) => Number(/^Waiting costs about ([\d.]+) USD/m.exec(printed)?.[1])
    const out = temporaryFolder()
    const usual = await synth('--out', out, '--handlers', handlers)
    expect(readFileSync(join(out, 'Plinth.template.json'), 'utf8')).toContain('rag-architecture-dashboard')
    const told = Number(/^The dashboards are ([\d.]+) of it.*; --no-dashboards leaves them out\.$/m.exec(usual)?.[1])
    const without = await synth('--out', out, '--handlers', handlers, '--no-dashboards')
    expect(readFileSync(join(out, 'Plinth.template.json'), 'utf8')).not.toMatch(
      /architecture-dashboard|AWS::CloudWatch::Dashboard/,
    )
    expect(without).not.toMatch(/dashboards/)
    expect(costOf(usual) - costOf(without)).toBeCloseTo(told)
    const help = synthCommand().helpInformation().replace(/\s+/g, ' ')
    expect(Number(/--no-dashboards .*each pattern; saves about (\d+) USD a month/.exec(help)?.[1])).toBe(told)
  })

  it('--alarm-topic has every alarm tell that topic, and nothing else is taken for one', async () => {
    const out = temporaryFolder()
    const silent = await synth('--out', out, '--handlers', handlers)
    expect(silent).toContain('Its alarms tell nobody; --alarm-topic names')
    const topic = 'arn:aws:sns:eu-central-1:123456789012:on-call'
    expect(await synth('--out', out, '--handlers', handlers, '--alarm-topic', topic)).not.toContain('tell nobody')
    const { Resources } = JSON.parse(readFileSync(join(out, 'Plinth.template.json'), 'utf8')) as {
      Resources: Record<string, { Type: string; Properties: { AlarmActions?: unknown[] } }>
    }
    const alarms = Object.values(Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    expect(alarms.length).toBeGreaterThan(10)
    for (const { Properties } of alarms) expect(Properties.AlarmActions).toEqual([topic])
    for (const odd of ['on-call', `${topic}.fifo`, topic.replace(':sns:', ':sqs:'), ''])
      expect(await synth('--out', out, '--alarm-topic', odd).catch((error: unknown) => error), odd).toMatchObject({
        field: 'alarm-topic',
      })
  })

  it('prints commands that stand by themselves: bootstrap, too, reads what was written', async () => {
    const out = temporaryFolder()
    const printed = await synth('--out', out, '--handlers', handlers)
    for (const verb of ['bootstrap', 'deploy']) expect(printed).toMatch(new RegExp(`npx aws-cdk@\\S+ ${verb} --app ${out}`))
  })

  it('--json says the same, over what an earlier run left', async () => {
    const out = temporaryFolder()
    await synth('--out', out, '--handlers', handlers)
    const printed = JSON.parse(await synth('--out', out, '--handlers', handlers, '--json'))
    expect(printed).toEqual({
      templates: [{ path: join(out, 'Plinth.template.json'), bytes: expect.any(Number), resources: expect.any(Number) }],
      handlers: expect.arrayContaining([{ handler: 'relay', bytes: 38, zipped_bytes: expect.any(Number) }]),
      idle_cost: { usd_a_month: expect.any(Number), lines: expect.arrayContaining([{ what: 'KMS keys', count: 1, usd: 1 }]) },
    })
    // Where the code of each function lies stands in the manifest, for whoever deploys.
    const { files } = JSON.parse(readFileSync(join(out, 'Plinth.assets.json'), 'utf8')) as {
      files: Record<string, { source: { path: string } }>
    }
    for (const { source } of Object.values(files)) expect(existsSync(join(out, source.path)), source.path).toBe(true)
  })

  it('refuses what is no folder, before anything is loaded or written', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    for (const args of [
      ['--out', file],
      ['--out', join(file, 'below')],
      ['--out', '/proc/nowhere/at/all'],
      ['--handlers', file],
      ['--handlers', `${file}s`],
    ]) {
      const refused = await synth(...args).catch((error: unknown) => error)
      expect(PlinthError.is(refused) && refused.message).toMatch(/must be a folder/)
    }
    for (const none of ['', ' '])
      expect(await synth('--out', none).catch((error: unknown) => error)).toMatchObject({ field: 'out' })
  })
})
