import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { type Acknowledgement, call, listAll, type ShownEvent, type ShownRequest } from './support/api.ts'
import { hashFiles } from './support/files.ts'
import { PlinthProcess, type RunningPlinth, runPlinth, startPlinth } from './support/plinth-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const rounds = 3
const clients = 6
const grant = { tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 3_600 }
const scripted = { PLINTH_SCRIPTED_LATENCY_MS: '150' }
/** A large prompt is a file of its own; each fifth is. */
const sizes = [100, 100, 34_000, 100, 100]

/** What was acknowledged, as it came. */
const acknowledged: string[] = []
let folder: string
let server: RunningPlinth
let token: string

/** Clients that submit again and again until they are told to end. */
class Load {
  readonly #running: Promise<void>[]
  #ending = false

  constructor() {
    this.#running = Array.from({ length: clients }, (_, client) => this.#work(client))
  }

  async end(): Promise<void> {
    this.#ending = true
    await Promise.all(this.#running)
  }

  async #work(client: number): Promise<void> {
    for (let number = 0; !this.#ending; number++) {
      const prompt = `${client} ${number} `.padEnd(sizes[number % sizes.length] ?? 0, 'words ')
      const answer = await call<Acknowledgement>(server.url, '/api/requests', { token, body: { prompt } })
      if (answer.status !== 202) throw new Error(`Not accepted: ${answer.status} ${answer.text}`)
      acknowledged.push(answer.body.request_id)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }
}

interface Answer {
  readonly directory: string
  readonly rows: Readonly<Record<string, number>>
  readonly objects: { readonly count: number }
  readonly keys: object | null
  readonly master_key: object
  readonly error?: { readonly code: string; readonly message: string }
}

async function backup(...args: readonly string[]): Promise<{ readonly code: number | null; readonly answer: Answer }> {
  return backupOf(folder, ...args)
}

async function backupOf(
  data: string,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly answer: Answer }> {
  const run = await runPlinth(['backup', ...args, '--json'], { environment: { PLINTH_DATA_DIR: data } })
  return { code: run.exit.code, answer: JSON.parse(run.stdout) as Answer }
}

interface Taken {
  readonly target: string
  /** Acknowledged before the backup began, and when it was over. */
  readonly before: readonly string[]
  readonly after: ReadonlySet<string>
}

beforeAll(async () => {
  folder = join(temporaryFolder(), 'data')
  server = await startPlinth(folder, scripted)
  token = await mintToken(grant, { PLINTH_DATA_DIR: folder })
})

describe('plinth backup, beside a server that takes requests all the time', () => {
  const taken: Taken[] = []

  it('is made again and again, and the server goes on', async () => {
    const load = new Load()
    const place = temporaryFolder()
    for (let round = 0; round < rounds; round++) {
      const wanted = acknowledged.length + 100
      await until(`${wanted} acknowledgements`, () => acknowledged.length >= wanted, { within: 60_000, every: 5 })
      const before = [...acknowledged]
      const target = join(place, `backup-${round}`)
      const { code, answer } = await backup(target, ...(round % 2 === 0 ? ['--verify'] : []))
      expect([code, answer.error]).toEqual([0, undefined])
      expect(answer).toMatchObject({ directory: target, keys: { opened: 2, broken: 0 }, master_key: { in_backup: false } })
      expect(answer.objects.count).toBeGreaterThan(10)
      taken.push({ target, before, after: new Set(acknowledged) })
    }
    const during = acknowledged.length
    await until('more acknowledgements', () => acknowledged.length > during + 20, { within: 20_000 })
    await load.end()
    expect(server.process.stderr).not.toMatch(/"level":[56]0/)
  })

  it('restored, each holds all that was acknowledged before it began, finishes it, and knows its tokens', async () => {
    for (const { target, before, after } of taken) {
      const restored = join(temporaryFolder(), 'restored')
      const files = hashFiles(target)
      const { code } = await backup('--restore', target, '--data-dir', restored)
      expect(code).toBe(0)
      const { 'manifest.json': _, ...content } = files
      expect(hashFiles(restored)).toEqual(content)

      const key = { PLINTH_MASTER_KEY_FILE: join(folder, 'master.key') }
      const started = Date.now()
      const again = await startPlinth(restored, { ...scripted, ...key })
      const held = await listAll<ShownRequest>(again.url, '/api/requests', token)
      const ids = new Set(held.map((request) => request.request_id))
      expect(before.filter((id) => !ids.has(id))).toEqual([])
      // And nothing of what came when it was over.
      expect([...ids].filter((id) => !after.has(id) && acknowledged.includes(id)).length).toBeLessThanOrEqual(clients)

      await until(
        'the end of what was in flight',
        async () => (await listAll(again.url, '/api/requests?status=completed', token)).length === ids.size,
        { within: 60_000, every: 100 },
      )
      const events = await listAll<ShownEvent>(again.url, '/api/events', token)
      const ends = events.filter((event) => event.type === 'genai.request.completed').map((event) => event.subject)
      expect(ends.toSorted()).toEqual([...ids].toSorted())
      // Some were in the midst of it when the backup was made: the copy of the server did them.
      expect(events.some(({ type, time }) => type === 'genai.request.completed' && Date.parse(time) >= started)).toBe(true)
      expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1))
      expect((await again.process.stop()).code).toBe(0)
      // The backup is as it was, for the next time.
      expect(hashFiles(target)).toEqual(files)
    }
  })

  it('says the same of a request as the original does', async () => {
    const { target, before } = taken.at(-1) ?? { target: '', before: [] }
    const restored = join(temporaryFolder(), 'restored')
    await backup('--restore', target, '--data-dir', restored)
    const again = await startPlinth(restored, { PLINTH_MASTER_KEY_FILE: join(folder, 'master.key') })
    for (const id of [...before.slice(0, 10), ...before.slice(-10)]) {
      const [here, there] = await Promise.all(
        [server, again].map(({ url }) =>
          until(`${id} completed`, async () => {
            const { body } = await call<ShownRequest>(url, `/api/requests/${id}`, { token })
            return body.status === 'completed' && body
          }),
        ),
      )
      expect(there?.result).toEqual(here?.result)
    }
  })
})

describe('a backup that is cut off', () => {
  it('by kill -9 looks like none, and is said to be in the way', async () => {
    const target = join(temporaryFolder(), 'backup')
    const partial = `${target}.partial`
    const run = new PlinthProcess(['backup', target], { environment: { PLINTH_DATA_DIR: folder } })
    await until('its folder', () => existsSync(partial) || run.exit !== undefined, { every: 1 })
    await run.kill()
    expect([existsSync(target), existsSync(partial), readdirSync(partial).includes('manifest.json')]).toEqual([
      false,
      true,
      false,
    ])
    expect((await backup('--check', partial)).answer.error?.code).toBe('not_a_backup')
    const { code, answer } = await backup('--restore', partial, '--data-dir', join(temporaryFolder(), 'new'))
    expect([code, answer.error?.code]).toEqual([1, 'not_a_backup'])
    expect((await backup(target)).answer.error).toMatchObject({
      code: 'target_unfinished',
      message: expect.stringContaining(partial),
    })
    rmSync(partial, { recursive: true })
    expect((await backup(target)).code).toBe(0)
  })

  it('by SIGTERM leaves nothing', async () => {
    const place = temporaryFolder()
    const run = new PlinthProcess(['backup', join(place, 'backup')], { environment: { PLINTH_DATA_DIR: folder } })
    await until('its folder', () => readdirSync(place).length > 0 || run.exit !== undefined, { every: 1 })
    run.signal('SIGTERM')
    expect((await run.exited).code).toBe(1)
    expect(run.stderr).toMatch(/^Interrupted/)
    expect(readdirSync(place)).toEqual([])
  })
})

describe('what it tells', () => {
  it('is where the master key is, and no content', async () => {
    const run = await runPlinth(['backup', join(temporaryFolder(), 'backup')], { environment: { PLINTH_DATA_DIR: folder } })
    expect(run.exit.code).toBe(0)
    expect(run.stdout).toContain(join(folder, 'master.key'))
    expect(run.stdout).toMatch(/without it nobody can read this backup/)
    expect(run.stdout).toMatch(/same disk/)
    expect(run.stdout).not.toContain(readFileSync(join(folder, 'master.key'), 'utf8').trim())
  })

  it('is how to start what was restored, and that a key is needed', async () => {
    // A folder with next to nothing in it: what is said doesn't depend on it, and copying hundreds of texts takes long.
    const small = join(temporaryFolder(), 'small')
    await mintToken(grant, { PLINTH_DATA_DIR: small })
    const target = join(temporaryFolder(), 'backup')
    const restored = join(temporaryFolder(), 'restored')
    await backupOf(small, target, '--with-master-key')
    const environment = { PLINTH_DATA_DIR: restored }
    const run = await runPlinth(['backup', '--restore', target], { environment })
    expect(run.stdout).toContain(`PLINTH_DATA_DIR=${restored} npm start`)
    expect(run.stdout).not.toMatch(/No master key/)
    const again = await runPlinth(['backup', '--restore', target], { environment })
    expect([again.exit.code, again.stderr]).toEqual([1, expect.stringMatching(/is there and not empty/)])
    const bare = join(temporaryFolder(), 'bare')
    await backupOf(small, bare)
    const keyless = await runPlinth(['backup', '--restore', bare, '--data-dir', join(temporaryFolder(), 'new')], { environment })
    expect(keyless.stdout).toMatch(/No master key is at hand/)
  })

  it.each([[[]], [['a', '--restore', 'b']], [['--restore', 'a', '--check', 'b']]])('of %j is what to give', async (args) => {
    const { code, answer } = await backup(...args)
    expect([code, answer.error?.message]).toEqual([1, expect.stringMatching(/Give one of/)])
  })
})
