import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashFiles } from '../../../test/e2e/support/files.ts'
import { type RunningPlinth, startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { mountSmall, noMount } from '../../local/test/small-disk.ts'
import type { Finding } from '../src/checks/finding.ts'
import { plinth } from './support/plinth.ts'

const nowhere = 'http://127.0.0.1:9'

async function diagnose(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<{ code: number | null; findings: ReadonlyMap<string, Finding> }> {
  const run = await plinth(['doctor', '--json', ...args], { PLINTH_URL: nowhere, ...environment })
  const { findings } = JSON.parse(run.stdout) as { findings: Finding[] }
  return { code: run.exit.code, findings: new Map(findings.map((finding) => [finding.check, finding])) }
}

/** A folder whose server was stopped in good order. */
async function stoppedFolder(): Promise<string> {
  const folder = join(temporaryFolder(), 'data')
  await (await startPlinth(folder)).process.stop()
  return folder
}

const problemsOf = (findings: ReadonlyMap<string, Finding>): Finding[] =>
  [...findings.values()].filter((finding) => finding.status === 'problem')

describe('[X75] plinth doctor', () => {
  it('before the first start: nothing wrong, and nothing made', async () => {
    const folder = join(temporaryFolder(), 'data')
    const { code, findings } = await diagnose({ PLINTH_DATA_DIR: folder })
    expect(code).toBe(0)
    const looked = ['node', 'environment', 'data folder', 'room', 'clock', 'database', 'master key', 'model', 'server']
    expect([...findings.keys()]).toEqual(expect.arrayContaining(looked))
    expect(problemsOf(findings)).toEqual([])
    expect(hashFiles(folder)).toEqual({})
  })

  it('the extractive model is no language model, and it says so', async () => {
    const { findings } = await diagnose({ PLINTH_DATA_DIR: join(temporaryFolder(), 'x'), PLINTH_MODEL: '' })
    expect(findings.get('model')).toMatchObject({ status: 'warning', remedy: expect.stringContaining('PLINTH_MODEL') })
  })

  it('problems with variables are named, all at once, and it exits 1', async () => {
    const wrong = {
      PORT: 'abc',
      PLINTH_WORKER: 'maybe',
      PLINTH_PLATFORM: 'moon',
      PLINTH_MASTER_KEY: 'short',
      PLINTH_MODEL: 'nothing',
    }
    const { code, findings } = await diagnose({ PLINTH_DATA_DIR: join(temporaryFolder(), 'x'), PLINTH_MODELS: 'x', ...wrong })
    expect(code).toBe(1)
    const said = Object.fromEntries(problemsOf(findings).map(({ check, message }) => [check, message]))
    expect(said).toEqual({
      environment: expect.stringMatching(/PORT.*PLINTH_PLATFORM.*PLINTH_WORKER/),
      'master key': expect.stringContaining('PLINTH_MASTER_KEY'),
      model: expect.stringContaining('PLINTH_MODEL'),
    })
    expect(findings.get('unknown variables')).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('PLINTH_MODELS'),
    })
  })

  it('a model server that is gone', async () => {
    const variables = { PLINTH_MODEL: 'openai-compatible/small', PLINTH_MODEL_BASE_URL: 'http://127.0.0.1:9/v1' }
    const { code, findings } = await diagnose({ PLINTH_DATA_DIR: join(temporaryFolder(), 'x'), ...variables })
    expect([code, findings.get('model')?.status]).toEqual([1, 'ok'])
    expect(findings.get('provider')).toMatchObject({ status: 'problem', message: expect.stringContaining('127.0.0.1:9') })
  })
})

describe('beside a running server', () => {
  let folder: string
  let server: RunningPlinth
  let other: RunningPlinth
  const listeners: Server[] = []

  beforeAll(async () => {
    folder = join(temporaryFolder(), 'data')
    server = await startPlinth(folder)
    other = await startPlinth(join(temporaryFolder(), 'data'))
  })
  afterAll(() => {
    for (const listener of listeners) listener.close()
  })

  async function listen(listener: Server): Promise<string> {
    listeners.push(listener)
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  }

  it('it is ready, it has this folder, and nothing is changed there', async () => {
    const before = Object.keys(hashFiles(folder))
    const content = readFileSync(join(folder, 'plinth.db-wal'))
    const { code, findings } = await diagnose({ PLINTH_DATA_DIR: folder, PLINTH_URL: server.url }, '--deep')
    expect([code, problemsOf(findings)]).toEqual([0, []])
    expect(findings.get('server')).toMatchObject({ status: 'ok', message: `Ready at ${server.url}.` })
    expect(findings.get('database')).toMatchObject({ status: 'ok', message: expect.stringMatching(/^1 tenant;/) })
    expect(findings.get('master key')).toMatchObject({
      status: 'warning',
      remedy: expect.stringContaining('PLINTH_MASTER_KEY_FILE'),
    })
    expect(findings.get('integrity')?.status).toBe('ok')
    expect(findings.get('disk speed')?.message).toMatch(/in \d+\.\d ms/)
    expect(findings.get('permissions')?.status).toBe('ok')
    expect(findings.has('last shutdown')).toBe(false)
    expect(Object.keys(hashFiles(folder))).toEqual(before)
    expect(readFileSync(join(folder, 'plinth.db-wal')).equals(content)).toBe(true)
    const text = await plinth(['doctor'], { PLINTH_DATA_DIR: folder, PLINTH_URL: server.url })
    expect(text.stdout).toMatch(/^ok\s+server: Ready/m)
  })

  it.each([
    ['one that is elsewhere than thought', () => nowhere, 'warning', /has the data folder, but none answers/, /PLINTH_URL/],
    ['the server of another folder', () => other.url, 'warning', /its data is not in/, /PLINTH_DATA_DIR/],
    [
      'a server of another kind',
      () => listen(createHttpServer((_, response) => response.end('{}'))),
      'problem',
      /doesn't answer as a Plinth/,
      /PORT/,
    ],
    [
      'something that speaks no HTTP',
      () => listen(createServer((socket) => socket.end('hello\n'))),
      'problem',
      /doesn't answer as a Plinth/,
      /PORT/,
    ],
    ['something that says nothing', () => listen(createServer(() => {})), 'problem', /doesn't answer as a Plinth/, /PORT/],
  ])('%s', async (_, url, status, message, remedy) => {
    const { findings } = await diagnose({ PLINTH_DATA_DIR: folder, PLINTH_URL: await url() })
    expect(findings.get('server')).toMatchObject({
      status,
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    })
  })

  it('a Plinth that lies about its key is not shown a token', async () => {
    const asked: (string | undefined)[] = []
    const url = await listen(
      createHttpServer((request, response) => {
        asked.push(request.headers.authorization)
        const keys = { keys: [{ kid: 'another' }] }
        response.end(JSON.stringify(request.url === '/readyz' ? { status: 'ready' } : keys))
      }),
    )
    const { findings } = await diagnose({ PLINTH_DATA_DIR: folder, PLINTH_URL: url })
    expect(findings.get('server')?.message).toMatch(/its data is not in/)
    expect(asked).toEqual([undefined, undefined])
  })

  it('one of another version, after an update', async () => {
    const keys = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as object
    const url = await listen(
      createHttpServer((request, response) => {
        const about = request.headers.authorization?.startsWith('Bearer ') ? { info: { version: '0.0.9' } } : {}
        response.end(JSON.stringify({ '/readyz': { status: 'ready' }, '/openapi.json': about }[request.url ?? ''] ?? keys))
      }),
    )
    const { findings } = await diagnose({ PLINTH_DATA_DIR: folder, PLINTH_URL: url })
    expect(findings.get('server')).toMatchObject({ status: 'warning', message: expect.stringMatching(/version 0\.0\.9; this/) })
  })

  it('a server of no folder that is there', async () => {
    const { findings } = await diagnose({ PLINTH_DATA_DIR: join(temporaryFolder(), 'x'), PLINTH_URL: server.url })
    expect(findings.get('server')).toMatchObject({ status: 'warning', remedy: expect.stringContaining('PLINTH_DATA_DIR') })
  })

  it('one that was killed: its folder is free, and its end is told', async () => {
    const killed = join(temporaryFolder(), 'data')
    await (await startPlinth(killed)).process.kill()
    const { code, findings } = await diagnose({ PLINTH_DATA_DIR: killed })
    expect([code, findings.get('server')?.message]).toEqual([0, 'No server runs. Start one with npm start.'])
    expect(findings.get('last shutdown')).toMatchObject({ status: 'warning' })
    expect(findings.get('database')?.status).toBe('ok')
  })
})

describe('a data folder that is not as it should be', () => {
  it('a wrong master key', async () => {
    const wrong = await diagnose({
      PLINTH_DATA_DIR: await stoppedFolder(),
      PLINTH_MASTER_KEY: Buffer.alloc(32, 9).toString('base64'),
    })
    expect(wrong.code).toBe(1)
    expect(wrong.findings.get('master key')).toMatchObject({ status: 'problem', message: expect.stringMatching(/not the one/) })
    expect(wrong.findings.get('last shutdown')?.status).toBe('ok')
  })

  it('a damaged database, one of a newer version, of an older one, and a file of something else', async () => {
    const folder = await stoppedFolder()
    const path = join(folder, 'plinth.db')
    const good = readFileSync(path)
    const expectDatabase = async (status: string, words: RegExp): Promise<void> => {
      const { code, findings } = await diagnose({ PLINTH_DATA_DIR: folder })
      expect(findings.get('database')).toMatchObject({
        status,
        message: expect.stringMatching(words),
        remedy: expect.stringMatching(/\w/),
      })
      expect(code).toBe(status === 'problem' ? 1 : 0)
    }
    const withVersion = async (version: number): Promise<void> => {
      const database = new DatabaseSync(path)
      database.exec(`PRAGMA user_version = ${version}`)
      database.close()
    }
    await withVersion(99)
    await expectDatabase('problem', /newer version/)
    await withVersion(1)
    await expectDatabase('warning', /older version/)
    writeFileSync(path, Buffer.from(good).fill(0xaa, 0, 100))
    await expectDatabase('problem', /not a database of Plinth/)
    // Every page but the first: the header is good, the tables aren't.
    writeFileSync(path, Buffer.from(good).fill(0xaa, 8_192))
    await expectDatabase('problem', /malformed/)
  })

  it('damage that hides until the whole is read', async () => {
    const folder = await stoppedFolder()
    const path = join(folder, 'plinth.db')
    const database = new DatabaseSync(path)
    database.exec(`INSERT INTO record(key, version, schema, plain) VALUES('filler', 1, 1, '"${'x'.repeat(200_000)}"')`)
    database.close()
    const file = openSync(path, 'r+')
    // Inside the long text: the pages that continue it.
    writeSync(file, Buffer.alloc(8_192, 0xff), 0, 8_192, statSync(path).size - 8_192 * 5)
    closeSync(file)
    expect((await diagnose({ PLINTH_DATA_DIR: folder })).findings.get('database')?.status).toBe('ok')
    const { code, findings } = await diagnose({ PLINTH_DATA_DIR: folder }, '--deep')
    expect(code).toBe(1)
    expect(findings.get('integrity')).toMatchObject({
      status: 'problem',
      remedy: expect.stringContaining('plinth backup --restore'),
    })
  })

  it('one that others may enter, and a key that others may read', async () => {
    const folder = await stoppedFolder()
    chmodSync(folder, 0o755)
    expect((await diagnose({ PLINTH_DATA_DIR: folder })).findings.get('permissions')).toMatchObject({
      status: 'warning',
      remedy: `Run: chmod -R go= ${folder}`,
    })
    chmodSync(join(folder, 'master.key'), 0o644)
    const { code, findings } = await diagnose({ PLINTH_DATA_DIR: folder })
    expect(code).toBe(1)
    expect(findings.get('permissions')).toMatchObject({ status: 'problem', remedy: expect.stringContaining('chmod 600') })
    expect(findings.get('master key')?.status).toBe('problem')
  })

  it('a file, and a folder below one', async () => {
    const path = join(temporaryFolder(), 'file')
    writeFileSync(path, '')
    for (const folder of [path, join(path, 'below')])
      expect((await diagnose({ PLINTH_DATA_DIR: folder })).findings.get('data folder'), folder).toMatchObject({
        status: 'problem',
      })
  })

  it('one in memory, one that is nearly full, one that can only be read', async ({ skip }) => {
    const folder = join(temporaryFolder(), 'disk')
    mkdirSync(folder)
    const disk = mountSmall(folder, '12m')
    if (!disk) return skip(noMount)
    try {
      const small = await diagnose({ PLINTH_DATA_DIR: folder })
      expect(small.findings.get('file system')).toMatchObject({ status: 'warning', message: expect.stringContaining('tmpfs') })
      expect(small.findings.get('room')?.status).toBe('warning')
      writeFileSync(join(folder, 'filler'), Buffer.alloc(6 * 1024 ** 2))
      expect((await diagnose({ PLINTH_DATA_DIR: folder })).findings.get('room')?.status).toBe('problem')
      disk.makeReadOnly()
      const { code, findings } = await diagnose({ PLINTH_DATA_DIR: folder })
      expect([code, findings.get('data folder')?.message]).toEqual([1, expect.stringMatching(/can only be read/)])
      expect(findings.has('disk speed')).toBe(false)
    } finally {
      disk.unmount()
    }
  })
})
