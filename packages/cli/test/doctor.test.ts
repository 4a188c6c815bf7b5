import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashFiles } from '../../../test/e2e/support/files.ts'
import { startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { plinth } from './support/plinth.ts'

interface Finding {
  readonly check: string
  readonly status: 'ok' | 'warning' | 'problem'
  readonly message: string
  readonly remedy?: string
}

const nowhere = 'http://127.0.0.1:9'

async function diagnose(
  environment: Readonly<Record<string, string>>,
): Promise<{ code: number | null; findings: ReadonlyMap<string, Finding> }> {
  const run = await plinth(['doctor', '--json'], environment)
  const { findings } = JSON.parse(run.stdout) as { findings: Finding[] }
  return { code: run.exit.code, findings: new Map(findings.map((finding) => [finding.check, finding])) }
}

describe('[X75] plinth doctor', () => {
  it('before the first start: nothing wrong, and nothing made', async () => {
    const folder = join(temporaryFolder(), 'data')
    const { code, findings } = await diagnose({ PLINTH_DATA_DIR: folder, PLINTH_URL: nowhere })
    expect(code).toBe(0)
    expect([...findings.keys()]).toEqual(
      expect.arrayContaining(['node', 'environment', 'model', 'data folder', 'database', 'server']),
    )
    expect([...findings.values()].filter((finding) => finding.status === 'problem')).toEqual([])
    expect(hashFiles(folder)).toEqual({})
  })

  it('beside a running server: ready, and as text too', async () => {
    const folder = temporaryFolder()
    const server = await startPlinth(folder)
    const { code, findings } = await diagnose({ PLINTH_DATA_DIR: folder, PLINTH_URL: server.url })
    expect(code).toBe(0)
    expect(findings.get('server')).toMatchObject({ status: 'ok', message: `Ready at ${server.url}.` })
    expect(findings.get('database')).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/1 tenants?;/),
      remedy: expect.stringContaining('PLINTH_MASTER_KEY_FILE'),
    })
    const text = await plinth(['doctor'], { PLINTH_DATA_DIR: folder, PLINTH_URL: server.url })
    expect(text.stdout).toMatch(/^ok\s+server: Ready/m)
    expect((await server.process.stop()).code).toBe(0)
  })

  it('a server that is elsewhere than thought', async () => {
    const folder = temporaryFolder()
    await startPlinth(folder)
    const { findings } = await diagnose({ PLINTH_DATA_DIR: folder, PLINTH_URL: nowhere })
    expect(findings.get('server')).toMatchObject({ status: 'warning', remedy: expect.stringMatching(/PLINTH_URL/) })
  })

  it('the extractive model is no language model, and it says so', async () => {
    const { findings } = await diagnose({ PLINTH_DATA_DIR: join(temporaryFolder(), 'x'), PLINTH_URL: nowhere, PLINTH_MODEL: '' })
    expect(findings.get('model')).toMatchObject({ status: 'warning', remedy: expect.stringContaining('PLINTH_MODEL') })
  })

  it.each([
    ['environment', { PORT: 'abc' }, /PORT/],
    ['environment', { PLINTH_WORKER: 'maybe' }, /PLINTH_WORKER/],
    ['environment', { PLINTH_PLATFORM: 'moon' }, /PLINTH_PLATFORM/],
    ['model', { PLINTH_MODEL: 'nothing' }, /PLINTH_MODEL/],
    ['model', { PLINTH_SCRIPTED_FAILURE_RATE: '7' }, /PLINTH_SCRIPTED_FAILURE_RATE/],
  ])('a problem with the %s (%o) is named, and exits 1', async (check, variables, words) => {
    const { code, findings } = await diagnose({
      PLINTH_DATA_DIR: join(temporaryFolder(), 'x'),
      PLINTH_URL: nowhere,
      ...variables,
    })
    expect(code).toBe(1)
    expect(findings.get(check)).toMatchObject({ status: 'problem', message: expect.stringMatching(words) })
  })

  it('a wrong master key, and a damaged database', async () => {
    const folder = temporaryFolder()
    await (await startPlinth(folder)).process.stop()
    const wrong = await diagnose({
      PLINTH_DATA_DIR: folder,
      PLINTH_URL: nowhere,
      PLINTH_MASTER_KEY: Buffer.alloc(32, 9).toString('base64'),
    })
    expect(wrong.code).toBe(1)
    expect(wrong.findings.get('database')).toMatchObject({ status: 'problem', message: expect.stringMatching(/key/i) })
    const file = openSync(join(folder, 'plinth.db'), 'r+')
    writeSync(file, Buffer.alloc(100, 0xaa), 0, 100, 0)
    closeSync(file)
    const damaged = await diagnose({ PLINTH_DATA_DIR: folder, PLINTH_URL: nowhere })
    expect(damaged.code).toBe(1)
    expect(damaged.findings.get('database')?.status).toBe('problem')
  })

  it('finds a damaged file that still opens', async () => {
    const folder = temporaryFolder()
    await (await startPlinth(folder)).process.stop()
    const file = openSync(join(folder, 'plinth.db'), 'r+')
    // Every page but the first: the header is good, the tables aren't.
    for (let page = 1; page < 8; page++) writeSync(file, Buffer.alloc(4_096, 0xaa), 0, 4_096, page * 4_096)
    closeSync(file)
    const { code, findings } = await diagnose({ PLINTH_DATA_DIR: folder, PLINTH_URL: nowhere })
    expect([code, findings.get('database')?.status]).toEqual([1, 'problem'])
  })
})
