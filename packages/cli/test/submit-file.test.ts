import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { listAll, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { plinthCommand } from '../../../test/e2e/support/command.ts'
import { PlinthProcess, type RunningPlinth, startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { mintToken } from '../src/local-identity.ts'
import { lines, plinth, refusalOf } from './support/plinth.ts'

interface ResultLine {
  readonly line: number
  readonly request_id?: string
  readonly status: string
  readonly result?: { readonly text: string } | null
  readonly error?: { readonly code: string } | null
}

let folder: string
let server: RunningPlinth
let environment: Record<string, string>
let token: string

beforeAll(async () => {
  folder = temporaryFolder()
  server = await startPlinth(folder)
  environment = { PLINTH_DATA_DIR: folder, PLINTH_URL: server.url }
  token = await mintToken({ tenant: 'demo', user: 'x', permissions: ['*'], lifetime: 600 }, { PLINTH_DATA_DIR: folder })
})

const submit = (...args: string[]) => plinth(['submit', ...args], environment)
const kept = async (): Promise<number> => (await listAll(server.url, '/api/requests', token)).length

function write(name: string, rows: readonly (string | object)[]): string {
  const path = join(folder, name)
  writeFileSync(path, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'))
  return path
}

function resultsOf(path: string): ResultLine[] {
  return lines(readFileSync(path, 'utf8')).map((line) => JSON.parse(line) as ResultLine)
}

describe('[R18] plinth submit --file', () => {
  it('texts and objects, a result for each line, in a file named after it', async () => {
    const file = write('mixed.jsonl', [
      '"a text"',
      { prompt: 'an object', max_tokens: 9, priority: 'low' },
      '',
      '  ',
      { prompt: 'with an id', request_id: 'mine-7' },
    ])
    const run = await submit('--file', file)
    expect([run.exit.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toContain('3 completed, 0 failed')
    expect(run.stdout).toContain(join(folder, 'mixed.results.jsonl'))
    const results = resultsOf(join(folder, 'mixed.results.jsonl'))
    expect(results.map((result) => result.line).toSorted()).toEqual([1, 2, 5])
    for (const result of results)
      expect(result).toMatchObject({ status: 'completed', result: { text: expect.stringMatching(/\S/) } })
    expect(results.find((result) => result.line === 5)?.request_id).toBe('mine-7')
  })

  it('1,000 lines: each once; the same file again runs nothing twice', async () => {
    const file = write(
      'many.jsonl',
      Array.from({ length: 1_000 }, (_, index) => JSON.stringify(`prompt ${index % 10}`)),
    )
    const before = await kept()
    const first = await submit('--file', file, '--out', join(folder, 'first.jsonl'), '--json')
    expect(JSON.parse(first.stdout)).toEqual({ completed: 1_000, failed: 0, out: join(folder, 'first.jsonl') })
    const again = await submit('--file', file, '--out', join(folder, 'again.jsonl'), '--concurrency', '7')
    expect(again.exit.code).toBe(0)
    const idsOf = (name: string): [number, string | undefined][] =>
      resultsOf(join(folder, name))
        .map((result): [number, string | undefined] => [result.line, result.request_id])
        .toSorted(([left], [right]) => left - right)
    expect(idsOf('again.jsonl')).toEqual(idsOf('first.jsonl'))
    expect(new Set(idsOf('first.jsonl').map(([, id]) => id)).size).toBe(1_000)
    expect(await kept()).toBe(before + 1_000)
  })

  it.each<[string, readonly (string | object)[], RegExp]>([
    ['that is not JSON', ['"good"', '"good"', '{"prompt": "bad"'], /line 3/i],
    ['without a prompt', ['"good"', { promt: 'x' }], /line 2/i],
    ['of another kind', ['7', '"good"'], /line 1/i],
    ['of null', ['"good"', 'null'], /line 2/i],
  ])('a line %s is named before anything is sent', async (_, rows, words) => {
    const before = await kept()
    const file = write('bad.jsonl', rows)
    expect(refusalOf(await submit('--file', file))).toMatch(words)
    expect(await kept()).toBe(before)
    expect(existsSync(join(folder, 'bad.results.jsonl'))).toBe(false)
  })

  it('a line that is refused or fails is a result, and stops no other', async () => {
    const file = write('partly.jsonl', [
      '"fine"',
      { prompt: ' ' },
      { prompt: 'x', model_id: 'none' },
      '"please [[fail]]"',
      '"fine too"',
    ])
    const run = await submit('--file', file)
    expect(run.exit.code).toBe(1)
    expect(run.stdout).toContain('2 completed, 3 failed')
    const results = resultsOf(join(folder, 'partly.results.jsonl')).toSorted((left, right) => left.line - right.line)
    expect(results.map((result) => [result.status, result.error?.code])).toEqual([
      ['completed', undefined],
      ['refused', 'invalid_input'],
      ['refused', 'model_unknown'],
      ['failed', 'model_request_refused'],
      ['completed', undefined],
    ])
  })

  it('--no-wait: acknowledgements', async () => {
    const run = await submit('--file', write('later.jsonl', ['"a"', '"b"']), '--no-wait')
    expect(run.exit.code).toBe(0)
    for (const result of resultsOf(join(folder, 'later.results.jsonl')))
      expect(result).toMatchObject({ status: 'processing', request_id: expect.any(String) })
  })

  it.each<[string, () => string[], RegExp]>([
    ['a file that is not there', () => ['--file', join(folder, 'none.jsonl')], /no file .*none\.jsonl/i],
    ['an empty file', () => ['--file', write('empty.jsonl', [])], /no prompts/],
    ['a folder', () => ['--file', folder], /plinth-test/],
    [
      'a place for results that is not there',
      () => ['--file', write('one.jsonl', ['"x"']), '--out', join(folder, 'none', 'x.jsonl')],
      /none/,
    ],
    ['a concurrency of 0', () => ['--file', write('one.jsonl', ['"x"']), '--concurrency', '0'], /--concurrency/],
  ])('refuses %s, with words, and sends nothing', async (_, args, words) => {
    const before = await kept()
    expect(refusalOf(await submit(...args()))).toMatch(words)
    expect(await kept()).toBe(before)
  })

  it('goes on when the server is killed and starts again', async () => {
    const port = await freePort()
    const own = temporaryFolder()
    const start = () => startPlinth(own, { PORT: String(port), PLINTH_SCRIPTED_LATENCY_MS: '30' })
    let running = await start()
    const ownToken = await mintToken({ tenant: 'demo', user: 'x', permissions: ['*'], lifetime: 600 }, { PLINTH_DATA_DIR: own })
    const file = write(
      'survives.jsonl',
      Array.from({ length: 600 }, (_, index) => JSON.stringify(`line ${index}`)),
    )
    const run = new PlinthProcess(['submit', '--file', file, '--concurrency', '16'], {
      environment: { PLINTH_URL: running.url, PLINTH_TOKEN: ownToken },
    })
    for (const done of [50, 200]) {
      await until(
        `${done} of them`,
        async () => (await listAll<ShownRequest>(running.url, '/api/requests?status=completed', ownToken)).length >= done,
      )
      await running.process.kill()
      running = await start()
    }
    expect(await run.exited, run.stderr).toEqual({ code: 0, signal: null })
    expect(resultsOf(join(folder, 'survives.results.jsonl'))).toHaveLength(600)
    expect(await listAll(running.url, '/api/requests', ownToken)).toHaveLength(600)
  })
})

describe('plinth submit --file, on odd input', () => {
  it('reads a byte order mark and the odd separators of Unicode as JSON does, and refuses what is no UTF-8', async () => {
    const odd = write('odd.jsonl', ['\ufeff"first"', '"a\u2028b\u0085c"'])
    const run = await submit('--file', odd)
    expect(run.exit.code, run.stderr).toBe(0)
    expect(
      resultsOf(join(folder, 'odd.results.jsonl'))
        .map((line) => line.line)
        .toSorted(),
    ).toEqual([1, 2])
    const broken = join(folder, 'broken.jsonl')
    writeFileSync(broken, Buffer.from([0x22, 0xff, 0x22]))
    expect(refusalOf(await submit('--file', broken))).toContain('not UTF-8')
  })

  it('never overwrites its prompts, and sends them anew when it is asked to', async () => {
    const file = write('again.jsonl', ['"once"'])
    expect(refusalOf(await submit('--file', file, '--out', file))).toContain('overwrite')
    expect(readFileSync(file, 'utf8')).toBe('"once"')
    const ids: (string | undefined)[] = []
    for (const args of [[], [], ['--again'], ['--max-tokens', '7']]) {
      const run = await submit('--file', file, ...args)
      expect(run.exit.code, run.stderr).toBe(0)
      ids.push(resultsOf(join(folder, 'again.results.jsonl'))[0]?.request_id)
    }
    expect(ids[1]).toBe(ids[0])
    expect(new Set(ids).size).toBe(3)
  })

  it('says that it has no token for a server whose data lies elsewhere, and makes no folder', async () => {
    const nowhere = join(temporaryFolder(), 'nowhere')
    const run = await plinth(['submit', 'x'], { PLINTH_DATA_DIR: nowhere, PLINTH_URL: server.url })
    expect(refusalOf(run)).toContain('PLINTH_DATA_DIR')
    expect(existsSync(nowhere)).toBe(false)
  })

  it('says a mistake in the call as JSON with --json', async () => {
    for (const args of [
      ['token', '--json'],
      ['submit', '--nope', '--json', 'x'],
      ['nonsense', '--json'],
    ]) {
      const run = await plinth(args, environment)
      expect(run.exit.code).toBe(1)
      expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'usage' } })
    }
  })
})

describe('the progress bar', () => {
  it('is drawn for a person at a terminal only', async ({ skip }) => {
    const file = write(
      'bar.jsonl',
      Array.from({ length: 50 }, (_, index) => JSON.stringify(`p ${index}`)),
    )
    expect((await submit('--file', file)).stderr).toBe('')
    if (spawnSync('script', ['--version']).error) return skip('util-linux script, which makes a terminal, is not installed')
    const command = [...plinthCommand(), 'submit', '--file', file].map((part) => `'${part}'`).join(' ')
    const output = execFileSync('script', ['-qec', command, '/dev/null'], {
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    })
    expect(output).toMatch(/\r\[[#.]{30}\] \d+\/50/)
    expect(output).toMatch(/\[#{30}\] 50\/50/)
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const listener = createServer().listen(0, '127.0.0.1', () => {
      const { port } = listener.address() as { port: number }
      listener.close(() => resolve(port))
    })
  })
}
