import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readRepository } from '../../../test/architecture/source-file.ts'
import { clock } from '../src/checks/embedded/clock.ts'
import { database as databaseCheck, integrity, log, shutdown } from '../src/checks/embedded/database.ts'
import { diskSpeed, fileSystemOf, roomOf } from '../src/checks/embedded/disk.ts'
import { masterKey } from '../src/checks/embedded/master-key.ts'
import { deadLetters, jobs, relay } from '../src/checks/embedded/work.ts'
import { distance, environment, knownVariables, unknownVariables } from '../src/checks/environment.ts'
import type { Diagnosis } from '../src/checks/finding.ts'
import { model, provider } from '../src/checks/model.ts'
import { type Check, type EmbeddedPatient, examine } from '../src/checks/patient.ts'
import { timeSpan } from '../src/words.ts'

const now = Date.UTC(2026, 5, 1)
const minute = 60_000
const sound = { bytes: 4096, logBytes: 0, clean: true, tenants: 1, ready: 0, held: 0, deadLetters: 0, pending: 0 }

function patient(parts: Partial<EmbeddedPatient> = {}): EmbeddedPatient {
  return {
    variables: {},
    folder: '/data',
    version: '1.0.0',
    deep: false,
    now,
    url: 'http://127.0.0.1:9',
    database: sound,
    disk: { syncs: [1], fileTime: now, systemTime: now },
    inUse: true,
    lookThroughDatabase: () => [],
    masterKey: () => ({ source: 'file' }),
    modelSettings: () => ({ model: 'scripted' }),
    awsCredentials: () => Promise.reject(new Error('none')),
    identity: async () => undefined,
    ...parts,
  }
}

async function look(check: Check<EmbeddedPatient>, parts: Partial<EmbeddedPatient> = {}): Promise<Diagnosis | undefined> {
  return check.look(patient(parts))
}

const facts = (parts: object): Partial<EmbeddedPatient> => ({ database: { ...sound, ...parts } })

describe('variables', () => {
  it('are all known that any source names', () => {
    const names = readRepository(join(import.meta.dirname, '../../..'))
      .filter((file) => /^packages\/[^/]+\/src\//.test(file.path))
      .flatMap((file) => file.text.match(/\bPLINTH_[A-Z][A-Z_]*[A-Z]\b/g) ?? [])
    expect(names.length).toBeGreaterThan(30)
    const missing = [...new Set(names)].filter((name) => !knownVariables.includes(name))
    expect(missing, 'list it in packages/cli/src/checks/environment.ts').toEqual([])
  })

  it('that are wrong are all named at once', async () => {
    const telemetry = { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }
    const variables = { PORT: 'abc', PLINTH_WORKER: 'maybe', PLINTH_LOG_LEVEL: 'info', PLINTH_URL: 'nowhere', ...telemetry }
    const found = await look(environment, { variables })
    expect(found?.status).toBe('problem')
    for (const name of ['PORT', 'PLINTH_WORKER', 'PLINTH_URL', ...Object.keys(telemetry)]) expect(found?.message).toContain(name)
    expect(found?.message).not.toContain('PLINTH_LOG_LEVEL')
    const both = { PLINTH_MASTER_KEY: 'x', PLINTH_MASTER_KEY_FILE: 'y' }
    expect(await look(environment, { variables: both })).toMatchObject({ status: 'problem' })
  })

  it('that are set are named, and their values are not', async () => {
    const found = await look(environment, { variables: { PORT: '4001', PLINTH_TOKEN: 'secret', PLINTH_HOST: '' } })
    expect(found).toEqual({ status: 'ok', message: 'Well formed: PORT, PLINTH_TOKEN.' })
    // Those of AWS are looked at where AWS is.
    expect(await look(environment, { variables: { PORT: '4001', PLINTH_BUCKET: 'NO BUCKET' } })).toMatchObject({
      message: 'Well formed: PORT.',
    })
  })

  it('that nothing reads are named, with what was meant', async () => {
    const variables = { PLINTH_MODLE: 'x', plinth_worker: 'off', PLINTH_NOTHING_LIKE_IT: '', PLINTHS: '', PATH: '' }
    expect(await look(unknownVariables, { variables })).toMatchObject({
      status: 'warning',
      message: 'Nothing reads PLINTH_MODLE (PLINTH_MODEL?), PLINTH_NOTHING_LIKE_IT, plinth_worker (PLINTH_WORKER?).',
    })
    expect(await look(unknownVariables, { variables: { PLINTH_MODEL: 'x' } })).toBeUndefined()
  })

  it('are compared letter by letter', () => {
    expect([distance('', 'abc'), distance('abc', 'abc'), distance('kitten', 'sitting'), distance('ab', 'ba')]).toEqual([
      3, 0, 3, 2,
    ])
  })
})

describe('the disk', () => {
  it.each([
    [0xef53, 'ok', /this machine/],
    [0x9123683e, 'ok', /this machine/],
    [0x6969, 'problem', /NFS/],
    // As a signed number, too.
    [0xff534d42, 'problem', /CIFS/],
    [0xff534d42 | 0, 'problem', /CIFS/],
    [0x01021997, 'problem', /9p.*WSL/],
    [0x65735546, 'warning', /FUSE/],
    [0x01021994, 'warning', /tmpfs.*memory/],
    [0x794c7630, 'warning', /container/],
    [0x4d44, 'warning', /modes/],
  ])('file system %i: %s', (type, status, words) => {
    expect(fileSystemOf(type)).toMatchObject({ status, message: expect.stringMatching(words) })
  })

  it.each([
    [{ bytes: 2 ** 40, files: 1e6 }, 'ok'],
    [{ bytes: 2 ** 40, files: undefined }, 'ok'],
    [{ bytes: 2 ** 29, files: 1e6 }, 'warning'],
    [{ bytes: 2 ** 20, files: 1e6 }, 'problem'],
    [{ bytes: 2 ** 40, files: 5_000 }, 'warning'],
    [{ bytes: 2 ** 40, files: 0 }, 'problem'],
  ])('room %o: %s', (room, status) => {
    expect(roomOf(room).status).toBe(status)
  })

  it('is slow when its middle write is', async () => {
    const disk = (syncs: readonly number[]): Partial<EmbeddedPatient> => ({ disk: { syncs, fileTime: now, systemTime: now } })
    expect(await look(diskSpeed, disk([1, 2, 3, 500]))).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('in 3.0 ms (slowest of 4: 500.0)'),
    })
    expect(await look(diskSpeed, disk([1, 21, 22]))).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('21.0 ms'),
    })
    expect(await look(diskSpeed, { disk: undefined })).toBeUndefined()
  })
})

describe('the clock', () => {
  it.each([
    [{ now: 0 }, 'problem', /1970/],
    [{ now: Date.UTC(2200, 0, 1) }, 'problem', /2200/],
    [facts({ newest: now + 3_600_000 }), 'warning', /1 hour ahead/],
    [facts({ newest: now + 30_000 }), 'ok', /2026-06-01/],
    [{ disk: { syncs: [], fileTime: now - 5_000, systemTime: now } }, 'warning', /5 seconds apart/],
    [{ disk: undefined, database: undefined }, 'ok', /2026-06-01/],
    [{ database: new Error('damaged') }, 'ok', /2026-06-01/],
  ])('%o: %s', async (parts: Partial<EmbeddedPatient>, status, words) => {
    expect(await look(clock, parts)).toMatchObject({ status, message: expect.stringMatching(words) })
  })
})

describe('the database', () => {
  const coded = (code: string): Partial<EmbeddedPatient> => ({ database: Object.assign(new Error(`words of ${code}`), { code }) })

  it.each([
    [{}, 'ok', /1 tenant; 4.0 KiB/],
    [{ database: undefined }, 'ok', /none yet/],
    [coded('not_started'), 'ok', /none yet/],
    [coded('older_file'), 'warning', /older_file/],
    [coded('newer_file'), 'problem', /newer_file/],
    [coded('foreign_file'), 'problem', /foreign_file/],
    [coded('ERR_SQLITE_ERROR'), 'problem', /can't be read/],
    [{ database: Object.assign(new Error('unable'), { code: 'ERR_SQLITE_ERROR', errcode: 14 }) }, 'problem', /can't be opened/],
  ])('%o: %s', async (parts: Partial<EmbeddedPatient>, status, words) => {
    const found = await look(databaseCheck, parts)
    expect(found).toMatchObject({ status, message: expect.stringMatching(words) })
    if (status !== 'ok') expect(found?.remedy).toMatch(/\.$/)
  })

  it('has a log that may grow, to a point', async () => {
    expect(await look(log, facts({ logBytes: 100 * 2 ** 20 }))).toBeUndefined()
    expect(await look(log, facts({ logBytes: 300 * 2 ** 20 }))).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('300.0 MiB'),
    })
  })

  it('is read whole when it is asked for', async () => {
    const lookThroughDatabase = (): string[] => ['page 3 is never used']
    expect(await look(integrity, { lookThroughDatabase })).toBeUndefined()
    expect(await look(integrity, { deep: true })).toMatchObject({ status: 'ok' })
    expect(await look(integrity, { deep: true, lookThroughDatabase })).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('page 3'),
    })
  })

  it('was closed in good order or not, unless it is open now', async () => {
    expect(await look(shutdown, { ...facts({ clean: false }), inUse: true })).toBeUndefined()
    expect(await look(shutdown, { ...facts({ clean: false }), inUse: false })).toMatchObject({ status: 'warning' })
    expect(await look(shutdown, { inUse: false })).toMatchObject({ status: 'ok' })
  })
})

describe('the work', () => {
  it.each([
    [{}, 'ok', /^0 jobs ready/],
    [facts({ ready: 2, readySince: now - 5 * minute, held: 1, heldUntil: now + minute }), 'ok', /oldest for 5 minutes; 1 held/],
    [facts({ ready: 2, readySince: now - 11 * minute }), 'warning', /oldest for 11 minutes/],
    [facts({ ready: 2 }), 'ok', /^2 jobs ready/],
    [facts({ held: 1, heldUntil: now - 2 * minute }), 'warning', /due since 2 minutes/],
    [{ ...facts({ ready: 1, readySince: now }), inUse: false }, 'warning', /^1 job ready/],
    [{ ...facts({ held: 1, heldUntil: now - 9 * minute }), inUse: false }, 'ok', /1 held/],
  ])('jobs %o: %s', async (parts: Partial<EmbeddedPatient>, status, words) => {
    expect(await look(jobs, parts)).toMatchObject({ status, message: expect.stringMatching(words) })
  })

  it('that could not succeed', async () => {
    expect(await look(deadLetters)).toMatchObject({ status: 'ok' })
    expect(await look(deadLetters, facts({ deadLetters: 3 }))).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/^3 /),
    })
  })

  it.each([
    [facts({ pending: 5, pendingSince: now - 1_000 }), 'ok'],
    [facts({ pending: 5, pendingSince: now - 2 * minute }), 'warning'],
    [{ ...facts({ pending: 5, pendingSince: now - 2 * minute }), inUse: false }, 'ok'],
  ])('of the relay %o: %s', async (parts: Partial<EmbeddedPatient>, status) => {
    expect(await look(relay, parts)).toMatchObject({ status, message: expect.stringContaining('5 events') })
  })

  it('is passed over when the database says nothing', async () => {
    for (const database of [undefined, new Error('damaged')])
      for (const check of [jobs, deadLetters, relay, log, shutdown, integrity])
        expect(await look(check, { database, deep: true }), check.name).toBeUndefined()
  })
})

it('the master key is best not in the folder', async () => {
  expect((await look(masterKey, { masterKey: () => ({ source: 'folder' }) }))?.status).toBe('warning')
  expect(await look(masterKey, { masterKey: () => ({ source: 'environment' }) })).toMatchObject({
    status: 'ok',
    message: expect.stringContaining('PLINTH_MASTER_KEY.'),
  })
  expect((await look(masterKey, { masterKey: () => undefined }))?.status).toBe('ok')
})

describe('the model', () => {
  const servers: Server[] = []
  afterAll(() => {
    for (const server of servers) server.close()
  })

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener)
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  }

  function compatible(baseUrl: string, apiKey?: string): Partial<EmbeddedPatient> {
    const openAICompatible = { baseUrl, ...(apiKey === undefined ? {} : { apiKey }) }
    return { modelSettings: () => ({ model: 'openai-compatible/org/small', openAICompatible }) }
  }

  it('of rules is none, and one in the process asks nobody', async () => {
    expect(await look(model, { modelSettings: () => ({}) })).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('extractive'),
    })
    expect(await look(model)).toEqual({ status: 'ok', message: 'scripted' })
    expect(await look(provider)).toBeUndefined()
  })

  it('with bad settings is told of once', async () => {
    const modelSettings = (): never => {
      throw new Error('PLINTH_MODEL is wrong')
    }
    const found = await examine([model, provider], patient({ modelSettings }))
    expect(found).toEqual([{ check: 'model', status: 'problem', message: 'PLINTH_MODEL is wrong' }])
  })

  it('of a server: asked for its list, with the key, and nothing else', async () => {
    const asked: unknown[] = []
    const url = await serve(({ method, url: path, headers }, response) => {
      asked.push([method, path, headers.authorization])
      response.end(JSON.stringify({ data: [{ id: 'other' }, { id: 'org/small' }, null] }))
    })
    expect(await look(provider, compatible(url, 'a-key'))).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('has the model'),
    })
    expect(asked).toEqual([['GET', '/v1/models', 'Bearer a-key']])
  })

  it.each([
    ['refuses the key', 'problem', 401, '{"error":"no"}', /refuses the key/],
    ['refuses the key otherwise', 'problem', 403, '', /refuses the key/],
    ['has another model', 'warning', 200, '{"data":[{"id":"other"}]}', /lists no model org\/small/],
    ['has no list', 'warning', 404, 'not found', /no list/],
    ['is no such server', 'warning', 200, '<html>', /no list/],
    ['has a list of another form', 'warning', 200, '{"data":"x"}', /no list/],
    ['leads elsewhere', 'warning', 302, '', /no list/],
    ['fails', 'warning', 500, '{"data":[{"id":"org/small"}]}', /no list/],
  ])('of a server that %s: %s', async (_, status, code, body, words) => {
    const url = await serve((_request, response) => {
      response.writeHead(code, { location: 'http://127.0.0.1:9/' }).end(body)
    })
    const found = await look(provider, compatible(url, 'a-key'))
    expect(found).toMatchObject({ status, message: expect.stringMatching(words) })
    expect(JSON.stringify(found)).not.toContain('a-key')
  })

  it('of a server that asks for a key, that is gone, that is silent', async () => {
    const asks = await serve((_, response) => {
      response.writeHead(401).end()
    })
    expect(await look(provider, compatible(asks))).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('asks for a key'),
    })
    expect(await look(provider, compatible('http://127.0.0.1:9/v1'))).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('Nothing answers'),
    })
    const silent = await serve(() => {})
    const started = Date.now()
    expect(await look(provider, compatible(silent))).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('Nothing answers'),
    })
    expect(Date.now() - started).toBeLessThan(5_000)
  })

  it('of Bedrock: region and credentials', async () => {
    const bedrock = { region: 'eu-central-1' }
    const settings = (parts: object): Partial<EmbeddedPatient> => ({
      modelSettings: () => ({ model: 'bedrock/x', bedrock: { ...bedrock, ...parts } }),
    })
    expect(await look(provider, settings({}))).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('eu-central-1'),
    })
    const regions: string[] = []
    const awsCredentials = async (region: string): Promise<object> => ({ secret: regions.push(region) })
    expect(await look(provider, { ...settings({}), awsCredentials })).toMatchObject({ status: 'ok' })
    expect(regions).toEqual(['eu-central-1'])
    const withKey = await look(provider, settings({ bearerToken: 'a-key' }))
    expect(withKey).toMatchObject({ status: 'ok', message: expect.stringContaining('AWS_BEARER_TOKEN_BEDROCK') })
    const late = await look(provider, { ...settings({}), awsCredentials: () => new Promise(() => {}) })
    expect(late?.status).toBe('problem')
  })
})

it('a check that throws is a problem, and stops no other', async () => {
  const check = (name: string, throws: boolean): Check => ({
    name,
    look: () => {
      if (throws) throw new Error(`${name} fails`)
      return { status: 'ok', message: name }
    },
  })
  expect(await examine([check('one', true), check('two', false)], patient())).toEqual([
    { check: 'one', status: 'problem', message: 'one fails' },
    { check: 'two', status: 'ok', message: 'two' },
  ])
})

it.each([
  [0, '0 seconds'],
  [1_999, '1 second'],
  [119_000, '1 minute'],
  [7_200_000, '2 hours'],
  [200_000_000, '2 days'],
])('%i ms are %s', (milliseconds, words) => {
  expect(timeSpan(milliseconds)).toBe(words)
})
