// The harness's own parts. Run by hand: node --test benchmarks/event-driven/harness.test.mjs
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readArguments, sections } from './harness/arguments.mjs'
import { cpuOf, describeMachine, residentOf, watchOthers } from './harness/machine.mjs'
import { freePort, run, start, stop } from './harness/processes.mjs'
import { promptOf } from './harness/sizes.mjs'
import { latencies, median, quantile, summarise } from './harness/statistics.mjs'
import { render } from './harness/tables.mjs'
import { Completions, inParallel, produce } from './load/produce.mjs'
import { counted } from './measures/servers.mjs'

test('arguments: defaults, quick, lists, and what is refused', () => {
  assert.deepEqual(readArguments([]).sections, sections)
  assert.equal(readArguments([]).rounds, 5)
  assert.deepEqual(readArguments([]).depths, [10_000, 1_000_000])
  assert.equal(readArguments(['--quick']).rounds, 1)
  assert.equal(readArguments(['--quick', '--rounds', '3']).rounds, 3)
  assert.deepEqual(readArguments(['--only', 'http,e2e']).sections, ['e2e', 'http'])
  assert.deepEqual(readArguments(['--depths', '5,70']).depths, [5, 70])
  for (const words of [['--only', 'speed'], ['--rounds', '0'], ['--rounds', '2.5'], ['--depths', '1,x'], ['--fast'], ['extra']])
    assert.throws(() => readArguments(words))
})

test('statistics: median, nearest rank, best and worst', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([10, 1, 2, 3]), 2.5)
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1)
  assert.equal(quantile(hundred, 0.5), 50)
  assert.equal(quantile(hundred, 0.99), 99)
  assert.equal(quantile([7], 0.99), 7)
  assert.deepEqual(latencies([...hundred].reverse()), { p50: 50, p99: 99, max: 100 })
  assert.deepEqual(summarise([4, 9, 5], 'high'), { median: 5, best: 9, worst: 4, count: 3 })
  assert.deepEqual(summarise([4, 9, 5], 'low'), { median: 5, best: 4, worst: 9, count: 3 })
  assert.equal(summarise([undefined, Number.NaN], 'low'), undefined)
})

test('payloads are about 300 bytes, and different', () => {
  for (const number of [0, 999_999]) {
    const bytes = JSON.stringify({ prompt: promptOf(number) }).length
    assert.ok(bytes > 290 && bytes < 310, `${bytes}`)
  }
  assert.notEqual(promptOf(1), promptOf(2))
})

test('producers hand in each number once, at most so many at a time, and stop when told', async () => {
  let running = 0
  let most = 0
  const seen = []
  const work = async (number) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    seen.push(number)
    running--
  }
  assert.equal(await inParallel(100, 8, work), 100)
  assert.deepEqual(
    seen.toSorted((left, right) => left - right),
    Array.from({ length: 100 }, (_, at) => at),
  )
  assert.equal(most, 8)
  assert.equal(await inParallel(100, 1, work, () => seen.length >= 110), 10)
  const keys = new Set()
  const { submitted, waits } = await produce({ submit: async ({ key }) => keys.add(key) }, { count: 50, producers: 4 })
  assert.deepEqual([submitted, waits.length, keys.size], [50, 50, 50])
})

test('completions are counted by tenant, and can be waited for', async () => {
  const completions = new Completions()
  const three = completions.reached(3)
  const one = completions.reached(1, 'quiet')
  for (const tenant of ['loud', 'loud', 'quiet']) completions.done(tenant)
  await Promise.all([three, one])
  assert.equal(completions.of('loud'), 2)
  await completions.reached(2)
})

test('metrics are counted by their labels', () => {
  const text = [
    'plinth_job_duration_bucket{queue="a",outcome="done",le="1"} 9',
    'plinth_job_duration_count{queue="a",outcome="done"} 5',
    'plinth_job_duration_count{queue="a",outcome="retry"} 2',
    'plinth_job_duration_seconds_count{queue="b",outcome="done"} 1',
  ].join('\n')
  assert.equal(counted(text, 'plinth_job_duration', { outcome: 'done' }), 6)
  assert.equal(counted(text, 'plinth_job_duration', { outcome: 'done', queue: 'a' }), 5)
})

test('what a process costs is seen, also after it ended; what others take is not ours', async () => {
  const others = watchOthers()
  const before = cpuOf(process.pid)
  await run(process.execPath, ['-e', 'const end = Date.now() + 400; while (Date.now() < end);'])
  const spent = cpuOf(process.pid) - before
  assert.ok(spent > 0.2, `${spent}`)
  assert.ok(residentOf(process.pid).rss > 10e6)
  assert.ok(others().others < 1)
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-test-'))
  assert.ok(describeMachine(folder).sync.p50 > 0)
  rmSync(folder, { recursive: true })
})

test('a process is stopped by its id', async () => {
  const child = start(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  assert.ok(existsSync(`/proc/${child.pid}`))
  await stop(child)
  assert.ok(!existsSync(`/proc/${child.pid}`))
  assert.notEqual(await freePort(), 0)
})

test('tables: medians, bests, ratios, and no figure that is not there', () => {
  const row = (contender, round, rate) => ({
    section: 'e2e',
    contender,
    variant: {},
    round,
    load: 0.1,
    others: 0.01,
    stolen: 0,
    figures: { rate, acceptRate: rate, ackP50: 1, ackP99: 2, cpuClient: 100, cpuStore: 50, rss: 1e8, storeMemory: 2e7 },
  })
  const rows = [row('bullmq-always', 1, 1_000), row('plinth', 1, 2_000), row('bullmq-always', 2, 3_000), row('plinth', 2, 4_000)]
  const text = render({
    started: '2026-01-01T00:00:00.000Z',
    quick: false,
    rounds: 2,
    machine: {
      cores: 2,
      cpu: 'A',
      memory: 8e9,
      kernel: '6',
      filesystem: 'ext4',
      load: [0.2, 0, 0],
      sync: { p50: 0.1, p99: 0.2 },
    },
    versions: { peers: { bullmq: '6.7.0' }, node: '24', sqlite: '3', plinth: '0.1.0', commit: 'abc' },
    rows,
    failures: [{ contender: 'pg-boss', reason: 'PostgreSQL is missing', skipped: true }],
  })
  assert.match(text, /\| Plinth, everything on \| 3,000 \(best 4,000\) \|.*\| – \| – \|/)
  assert.match(text, /\| BullMQ, Redis always \| 2,000 \(best 3,000\) \|.*\| × 1\.50 \| × 1\.00 \|/)
  assert.match(text, /pg-boss was skipped: PostgreSQL is missing/)
  assert.ok(!/NaN|undefined/.test(text), text)
})
