import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlinthError } from '@plinth/core'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { synthCommand } from '../src/commands/synth.ts'

const handlers = temporaryFolder()
for (const name of ['api', 'authorizer', 'request-worker', 'relay', 'sweeper']) {
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
    expect(printed).toContain(`deploy --app '${out}'`)
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
