import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { plinthCommand } from '../../../test/e2e/support/command.ts'
import { PlinthProcess, type RunningPlinth, startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { mintToken } from '../src/local-identity.ts'
import { lines, plinth, refusalOf } from './support/plinth.ts'

let folder: string
let server: RunningPlinth
let environment: Record<string, string>
let token: string

beforeAll(async () => {
  folder = temporaryFolder()
  server = await startPlinth(folder)
  environment = { PLINTH_DATA_DIR: folder, PLINTH_URL: server.url }
  token = await mintToken({ tenant: 'demo', user: 'x', permissions: ['*'], lifetime: 3_600 }, { PLINTH_DATA_DIR: folder })
})

const stream = (...args: string[]) => plinth(['stream', ...args], environment)
const recordsOf = async (name: string): Promise<number> =>
  (await call<{ records: number }>(server.url, `/api/streams/${name}`, { token })).body.records
const reach = (name: string, records: number) => until(`${records} records`, async () => (await recordsOf(name)) === records)

function fileOf(name: string, text: string): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, text)
  return file
}

const begin = Date.UTC(2026, 0, 1)
const at = (seconds: number): string => new Date(begin + seconds * 1_000).toISOString()
const rows = (amount: number): string =>
  [
    'sensor,at,temperature',
    ...Array.from({ length: amount }, (_, index) => `s${index % 2},${at(index)},${20 + (index % 5)}`),
  ].join('\n')

/** Runs a verb with something on its standard input. */
function piped(
  args: readonly string[],
  input: string,
): { readonly code: number | null; readonly stdout: string; readonly stderr: string } {
  const [program = '', ...rest] = plinthCommand()
  const env = { ...process.env, ...environment, PLINTH_MODEL: 'scripted' }
  const { status, stdout, stderr } = spawnSync(program, [...rest, 'stream', ...args], { input, env, encoding: 'utf8' })
  return { code: status, stdout, stderr }
}

describe('plinth stream put', () => {
  it('sends CSV, which counts once however often it is sent [X50]', async () => {
    const file = fileOf('readings.csv', rows(2_500))
    const put = await stream('put', 'plant', file, '--key', 'sensor', '--timestamp', 'at')
    expect([put.exit.code, put.stdout, put.stderr]).toEqual([0, '2500 records are in the stream; 0 rejected.\n', ''])
    await reach('plant', 2_500)
    expect((await stream('put', 'plant', file, '--key', 'sensor', '--timestamp', 'at')).exit.code).toBe(0)
    await until('duplicates', async () => {
      const { body } = await call<{ duplicates: number }>(server.url, '/api/streams/plant', { token })
      return body.duplicates === 2_500
    })
    expect(await recordsOf('plant')).toBe(2_500)
  })

  it('names what is rejected by file, line and reason, sends the rest, and ends with 1 [X49]', async () => {
    const csv = fileOf('some.csv', `key,value\na,1\nb\n,2\nc,3\n`)
    const json = fileOf(
      'some.jsonl',
      `{"key":"a","data":{"value":1}}\n{"key":"a"}\n{"key":"b","value":2,"timestamp":"noon"}\nno\n`,
    )
    const put = await stream('put', 'mixed', csv, json)
    expect(put.exit.code).toBe(1)
    expect(put.stdout).toBe('4 records are in the stream; 4 rejected.\n')
    // Without the folders, whose names are other ones each time.
    const said = lines(put.stderr).map((line) => line.replace(/^.*?(?=some\.)/, ''))
    expect(said.sort()).toEqual([
      expect.stringMatching(/some\.csv:3: It has 1 cells/),
      expect.stringMatching(/some\.csv:4: There is no field "key"/),
      expect.stringMatching(/some\.jsonl:3: timestamp: .*RFC 3339.*\(invalid_record\)$/),
      expect.stringMatching(/some\.jsonl:4: It is no JSON/),
    ])
    const asJson = await stream('put', 'mixed', json, '--json')
    expect(asJson.exit.code).toBe(1)
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      accepted: 2,
      rejected: 2,
      lines: expect.arrayContaining([{ file: json, line: 4, error: { code: 'invalid_row', message: 'It is no JSON.' } }]),
    })
  })

  it('reads standard input, as JSON lines or as said', async () => {
    const sent = piped(['put', 'piped'], '{"key":"a","value":1}\n{"key":"b","value":2}\n')
    expect(sent).toEqual({ code: 0, stdout: '2 records are in the stream; 0 rejected.\n', stderr: '' })
    expect(piped(['put', 'piped', '-', '--format', 'csv'], 'key,value\na,1\n').code).toBe(0)
    await reach('piped', 3)
  })

  it.each<[string, string[], RegExp]>([
    ['a file that is not there', ['put', 'x', '/nowhere.csv'], /There is no file \/nowhere\.csv/],
    ['a file of no known kind', ['put', 'x', 'notes.txt'], /notes\.txt.*--format/],
    ['a format that is none', ['put', 'x', 'a.csv', '--format', 'xml'], /csv or jsonl/],
    ['a name that is a path', ['put', '../x'], /name/],
    ['a stream that is not there', ['show', 'nowhere'], /no such stream/],
    ['an alert that is not there', ['acknowledge', 'nothing'], /no such alert/],
    ['a limit that is none', ['list', '--limit', '0'], /--limit/],
    ['a time that is none', ['windows', 'plant', '--from', 'noon'], /\(from\)/],
  ])('refuses %s, with words', async (_, args, words) => {
    expect(refusalOf(await stream(...args))).toMatch(words)
  })

  it('says without a server how to start one', async () => {
    const nowhere = { PLINTH_URL: 'http://127.0.0.1:9', PLINTH_TOKEN: 'a.b.c' }
    for (const verb of [['put', 'x', fileOf('x.csv', rows(1))], ['list'], ['tail', 'x'], ['alerts']])
      expect(refusalOf(await plinth(['stream', ...verb], nowhere))).toMatch(/npm start/)
  })
})

describe('plinth stream', () => {
  it('list, show and windows show what is there', async () => {
    const table = lines((await stream('list')).stdout)
    expect(table[0]).toMatch(/^STREAM +BEGUN +SHARDS$/)
    expect(table.some((line) => /^plant +2\d{3}-\S+ +4$/.test(line))).toBe(true)
    const shown = (await stream('show', 'plant')).stdout
    expect(shown).toMatch(/^plant\n/)
    expect(shown).toMatch(/records +2500 \(.*\), 0 late, 2500 sent twice, 0 unreadable/)
    expect(shown).toMatch(/windows +1m tumbling 60/)
    expect(JSON.parse((await stream('show', 'plant', '--json')).stdout)).toMatchObject({ name: 'plant', records: 2_500 })
    const windows = lines((await stream('windows', 'plant', '--key', 's0', '--limit', '2')).stdout)
    expect(windows[0]).toMatch(/^START +WINDOW +KEY +RECORDS +FIELD +MEAN +MIN +MAX +P95$/)
    expect(windows[1]).toMatch(/1m +s0 +30 +temperature +2\d\S* +20 +24 /)
    expect(windows.at(-1)).toMatch(/--limit/)
    const from = JSON.parse((await stream('windows', 'plant', '--from', at(0), '--to', at(60), '--json')).stdout)
    expect(from.items.map(({ key }: { key: string }) => key).sort()).toEqual(['s0', 's1'])
  })

  it('insights, alerts and acknowledge show what was found, and that somebody looks', async () => {
    const rule = {
      rule_id: 'hot',
      alert_type: 'too_hot',
      on: 'record',
      field: 'value',
      operator: '>',
      threshold: 100,
      severity: 'high',
    }
    const ruled = await call(server.url, '/api/alert-rules', { token, method: 'PUT', body: { rules: [rule] } })
    expect(ruled.status, ruled.text).toBe(200)
    await call(server.url, '/api/streams/oven/records', { token, body: { records: [{ key: 'door', data: { value: 300 } }] } })
    const insights = await until('an insight', async () => {
      const found = lines((await stream('insights', 'oven', '--key', 'door')).stdout)
      return found.length > 1 && found
    })
    expect(insights[0]).toMatch(/^TIME +KEY +RISK +PRIORITY +PATTERNS$/)
    const alerts = await until('the alert', async () => {
      const found = lines((await stream('alerts', 'oven', '--status', 'open')).stdout)
      return found.some((line) => line.includes('too_hot')) && found
    })
    const [id = ''] = (alerts.find((line) => line.includes('too_hot')) ?? '').split(' ')
    const acknowledged = await stream('acknowledge', id)
    expect([acknowledged.exit.code, acknowledged.stdout]).toEqual([0, `${id} is acknowledged.\n`])
    const after = JSON.parse((await stream('alerts', '--status', 'acknowledged', '--json')).stdout)
    expect(after.items.map(({ alert_id }: { alert_id: string }) => alert_id)).toContain(id)
  })

  it('tail shows what comes, of one key where it is named, and goes on over a restart', async () => {
    await call(server.url, '/api/streams/watched', { token, method: 'PUT', body: {} })
    const tail = new PlinthProcess(['stream', 'tail', 'watched'], { environment })
    const alone = new PlinthProcess(['stream', 'tail', 'watched', '--key', 'b', '--json'], { environment })
    const ready = () => [tail, alone].every(({ stdout }) => stdout.includes('status'))
    await until('both to listen', ready, { within: 120_000 })
    const send = (key: string, value: number) =>
      call(server.url, '/api/streams/watched/records', { token, body: { records: [{ key, data: { value } }] } })
    await send('a', 1.25)
    await send('b', 2)
    await until('the points', () => tail.stdout.includes('b  value=2') && tail.stdout.includes('a  value=1.25'))
    const port = new URL(server.url).port
    await server.process.stop()
    server = await startPlinth(folder, { PORT: port })
    await send('b', 3)
    const told = () => tail.stdout.includes('value=3') && alone.stdout.includes('"value":3')
    await until(`the next one: ${tail.stderr}${alone.stderr}`, told, { within: 120_000 })
    for (const run of [tail, alone]) await run.kill()
    expect(tail.stdout.match(/value=2/g)).toHaveLength(1)
    const events = lines(alone.stdout).map((line) => JSON.parse(line) as { event: string; data: { key?: string } })
    expect(events.filter(({ event }) => event === 'point').map(({ data }) => data.key)).toEqual(['b', 'b'])
  })
})
