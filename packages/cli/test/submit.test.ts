import { beforeAll, describe, expect, it } from 'vitest'
import { call, listAll, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { type RunningPlinth, startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { mintToken } from '../src/local-identity.ts'
import { lines, plinth, refusalOf } from './support/plinth.ts'

let folder: string
let server: RunningPlinth
let environment: Record<string, string>

beforeAll(async () => {
  folder = temporaryFolder()
  server = await startPlinth(folder)
  environment = { PLINTH_DATA_DIR: folder, PLINTH_URL: server.url }
})

const submit = (...args: string[]) => plinth(['submit', ...args], environment)

describe('[R6] plinth submit', () => {
  it('prints the text of the result and nothing else', async () => {
    const run = await submit('Hello, model')
    expect([run.exit.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toMatch(/^Scripted [0-9a-f]{8} \w+ \w+\.\n$/)
  })

  it('--json: the whole request', async () => {
    const run = await submit('Hello', '--json', '--model', 'us.anthropic.claude-3-5-sonnet-20241022-v2:0', '--priority', 'high')
    const shown = JSON.parse(run.stdout) as ShownRequest & { priority: string }
    expect(shown).toMatchObject({
      status: 'completed',
      tenant_id: 'demo',
      priority: 'high',
      model_id: 'anthropic.claude-3-5-sonnet-20241022-v2:0',
      result: { text: expect.stringMatching(/\S/), model_id: 'scripted' },
    })
  })

  it('says that an answer was cut', async () => {
    const run = await submit('Tell me everything', '--max-tokens', '1')
    expect(run.exit.code).toBe(0)
    expect(run.stdout).toContain('[stopped: max_tokens]')
  })

  it('--no-wait: the acknowledgement, as text and as JSON', async () => {
    const text = await submit('Later', '--no-wait')
    expect(text.exit.code).toBe(0)
    expect(text.stdout).toMatch(/^[0-9a-f-]{36} {2}done in about \d+ \w+\n$/)
    const json = await submit('Later', '--no-wait', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ request_id: expect.stringMatching(/./), status: 'processing' })
  })

  it('one that fails: says why, and exits 1', async () => {
    const run = await submit('please [[fail]]')
    expect(run.exit.code).toBe(1)
    expect(run.stdout + run.stderr).toMatch(/failed: .*\(model_request_refused\)/)
    const json = await submit('please [[fail]]', '--json')
    expect([json.exit.code, (JSON.parse(json.stdout) as ShownRequest).status]).toEqual([1, 'failed'])
  })

  it('with a token from PLINTH_TOKEN, of whoever it is', async () => {
    const mint = (permissions: string[]) =>
      mintToken({ tenant: 'demo', user: 'bob', permissions, lifetime: 600 }, { PLINTH_DATA_DIR: folder })
    const good = {
      PLINTH_URL: server.url,
      PLINTH_DATA_DIR: '/nowhere/at/all',
      PLINTH_TOKEN: await mint(['requests:write', 'requests:read']),
    }
    expect((await plinth(['submit', 'x'], good)).exit.code).toBe(0)
    const [latest] = await listAll<ShownRequest & { user_id: string }>(server.url, '/api/requests', good.PLINTH_TOKEN)
    expect(latest?.user_id).toBe('bob')
    const denied = await plinth(['submit', 'x'], { ...good, PLINTH_TOKEN: await mint(['requests:read']) })
    expect(refusalOf(denied)).toMatch(/permission/i)
    expect(refusalOf(await plinth(['submit', 'x'], { ...good, PLINTH_TOKEN: 'nonsense' }))).toMatch(/token/i)
  })

  it('a token of other data than that of who answers: says so, and how to name the right one', async () => {
    const other = temporaryFolder()
    await mintToken({ tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 600 }, { PLINTH_DATA_DIR: other })
    const words = refusalOf(await plinth(['submit', 'x'], { ...environment, PLINTH_DATA_DIR: other }))
    for (const part of ['Token validation failed.', other, server.url, 'PLINTH_URL', 'PLINTH_DATA_DIR'])
      expect(words).toContain(part)
  })

  it('a URL with a slash at its end is the same server', async () => {
    expect((await plinth(['submit', 'x'], { ...environment, PLINTH_URL: `${server.url}/` })).exit.code).toBe(0)
  })

  it.each<[string, string[], RegExp]>([
    ['nothing to send', [], /prompt or --file/],
    ['a prompt and a file', ['x', '--file', 'y.jsonl'], /prompt or --file/],
    ['an unknown model', ['x', '--model', 'none'], /model_id/],
    ['an unknown priority', ['x', '--priority', 'urgent'], /priority/],
    ['max-tokens that are no number', ['x', '--max-tokens', 'many'], /max.tokens/],
    ['an empty prompt', ['   '], /prompt/],
    ['an option that is none', ['x', '--nothing'], /--nothing/],
  ])('refuses %s, with words', async (_, args, words) => {
    expect(refusalOf(await submit(...args))).toMatch(words)
  })
})

describe('without a server', () => {
  const nowhere = { PLINTH_URL: 'http://127.0.0.1:9', PLINTH_TOKEN: 'a.b.c' }

  it('says so and how to start one, and exits 1', async () => {
    const words = refusalOf(await plinth(['submit', 'x'], nowhere))
    expect(words).toContain('http://127.0.0.1:9')
    expect(words).toMatch(/npm start/)
    expect(lines(words)).toHaveLength(1)
  })

  it('the same as JSON', async () => {
    const run = await plinth(['submit', 'x', '--json'], nowhere)
    expect(run.exit.code).toBe(1)
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'no_server', message: expect.stringMatching(/npm start/) } })
  })

  it('a URL that is none is named', async () => {
    expect(refusalOf(await plinth(['submit', 'x'], { ...nowhere, PLINTH_URL: 'not a url' }))).toMatch(/PLINTH_URL|not a url/)
  })

  it('makes no data folder', async () => {
    const own = `${temporaryFolder()}/data`
    await plinth(['submit', 'x'], { PLINTH_URL: 'http://127.0.0.1:9', PLINTH_DATA_DIR: own })
    expect((await plinth(['doctor', '--json'], { PLINTH_DATA_DIR: own, PLINTH_URL: 'http://127.0.0.1:9' })).stdout).toContain(
      'will be made',
    )
  })
})

it('what it sent is what the server has', async () => {
  const token = await mintToken({ tenant: 'demo', user: 'x', permissions: ['*'], lifetime: 600 }, { PLINTH_DATA_DIR: folder })
  const before = (await listAll(server.url, '/api/requests', token)).length
  await submit('one')
  expect((await listAll(server.url, '/api/requests', token)).length).toBe(before + 1)
  expect((await call(server.url, '/readyz')).status).toBe(200)
})
