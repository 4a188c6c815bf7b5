import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../src/analytics/finding.ts'
import { type BatchMetrics, onBatchMetrics } from '../../../src/analytics/shards/batch-metrics.ts'
import { keyParts } from '../../../src/analytics/shards/detecting-parts.ts'
import { readFindings } from '../../../src/analytics/shards/findings.ts'
import { listQuarantine } from '../../../src/analytics/shards/quarantine.ts'
import { readTail } from '../../../src/analytics/shards/tail.ts'
import { streams, streamsPartition } from '../../../src/analytics/streams.ts'
import { readWindowRows } from '../../../src/analytics/windows/window-rows.ts'
import { record, ShardBench, start, streamName, testParts } from './shard-bench.ts'

const place = { partition: streamsPartition, sort: streamName }

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = []
  for await (const each of values) list.push(each)
  return list
}

async function streamRecord(bench: ShardBench) {
  const found = await bench.scope.state.get(streams, place)
  if (!found) throw new Error('There is no stream.')
  return found
}

/** Values in turn, and one that is far off. */
function steady(bench: ShardBench, seconds: number, key = 'a'): void {
  for (let at = 0; at < seconds; at++) bench.append([record(key, at, { value: at === seconds - 3 ? 400 : at % 3 })])
}

async function jobs(bench: ShardBench): Promise<{ queue: string; body: unknown; notBefore?: number }[]> {
  const pending = await bench.memory.inner.state.operations.pending(1_000)
  return pending.map((each) => each.entry as never)
}

describe('the shards of a process', () => {
  it('say what they found, with the points around it and the window before [R71][X54]', async () => {
    const bench = await ShardBench.open()
    steady(bench, 30)
    await bench.run()
    const [row] = await all(readFindings(bench.scope, streamName, 0, ''))
    expect(row?.findings).toHaveLength(1)
    expect(row?.findings[0]).toMatchObject({
      key: 'a',
      field: 'value',
      kind: 'value',
      value: 400,
      timestamp: start + 27_000,
      accepted: start + 27_000,
      data_point: { value: 400 },
      window: { count: 10, sum: 10 },
    })
    expect(row?.findings[0]?.recent.at(-1)).toEqual([start + 27_000, 400])
    expect(await all(readFindings(bench.scope, streamName, 0, row?.place ?? ''))).toEqual([])
  })

  it('tell of a value soon after a silence, which is another matter, and of the next silence not soon after it [R71]', async () => {
    const bench = await ShardBench.open()
    const steadily = (from: number): void => {
      for (let at = from; at < from + 6; at++) bench.append([record('a', at, { value: 1 })])
    }
    steadily(0)
    // Key a is silent, as the time of key b shows.
    bench.append([record('b', 60, { value: 1 })])
    bench.append([record('a', 61, { value: 900 })])
    steadily(62)
    for (let at = 0; at < bench.log.length; at++) await bench.take(bench.work(), at, at + 1, true)
    const told = (await bench.told()).findings.map((text) => JSON.parse(text) as Finding)
    expect(told.map(({ key, kind, value }) => [key, kind, value])).toEqual([
      ['a', 'silence', null],
      ['a', 'value', 900],
    ])
  })

  it('show a sample and the anomalies to whoever follows, for ten minutes', async () => {
    const bench = await ShardBench.open()
    bench.append(Array.from({ length: 1_000 }, (_, at) => record(`k${at % 7}`, at / 100, { value: 1 })))
    steady(bench, 30)
    await bench.run()
    const [tail] = await all(readTail(bench.scope, streamName, 0, ''))
    expect(tail?.points.length).toBeGreaterThan(90)
    expect(tail?.points.length).toBeLessThanOrEqual(200)
    expect(tail?.points[0]).toEqual(['k0', 'value', start, 1, 0])
    expect(tail?.anomalies).toMatchObject([{ key: 'a', value: 400 }])
    bench.clock.jump(start + 10 * 60_000)
    expect(await all(readTail(bench.scope, streamName, 0, ''))).toEqual([])
  })

  it('keep bad records apart, with the reason, and go on [X49]', async () => {
    const bench = await ShardBench.open()
    bench.append(new TextEncoder().encode('{"v":1,"records":[["k"],["k",1767225600000,{"value":1}]]}'))
    bench.append(new TextEncoder().encode('nonsense'))
    for (let at = 0; at < 60; at++) bench.append(new TextEncoder().encode(`nonsense ${at}`))
    await bench.run()
    expect(await bench.head()).toMatchObject({ records: 1, quarantined: 62 })
    const listed = await listQuarantine(bench.scope, bench.stream)
    expect(listed).toHaveLength(50)
    expect(listed[0]).toMatchObject({ fault: 'unreadable_entry', text: 'nonsense 59' })
  })

  it('bear a record that a part cannot take [X49]', async () => {
    const bench = await ShardBench.open()
    bench.append([record('a', 1, { value: 1 }), record('a', 2, { value: 13 }), record('a', 3, { value: 1 })])
    const number: typeof testParts.number = (packed) => {
      const detector = testParts.number(packed)
      return {
        ...detector,
        next: (value, time) => {
          if (value === 13) throw new Error('unlucky')
          return detector.next(value, time)
        },
      }
    }
    await bench.run({ parts: { ...testParts, number } })
    expect(await bench.head()).toMatchObject({ records: 2, quarantined: 1, told: '000001' })
    expect(await listQuarantine(bench.scope, bench.stream)).toMatchObject([{ fault: 'processing_failed', index: 1 }])
  })

  it('tell at most 500 findings of an entry, those with the highest scores, and count the rest [X51]', async () => {
    const bench = await ShardBench.open()
    const keys = Array.from({ length: 1_200 }, (_, at) => `k${at}`)
    bench.append(keys.map((key) => record(key, 1, { value: 0 })))
    bench.append(keys.map((key, at) => record(key, 2, { value: 60 + at / 100 })))
    await bench.run()
    expect(await bench.head()).toMatchObject({ anomalies: 1_200, findings: 500, withheld: 700 })
    const findings = (await all(readFindings(bench.scope, streamName, 0, ''))).flatMap((row) => row.findings)
    expect(findings).toHaveLength(500)
    expect(Math.min(...findings.map(({ score }) => score))).toBeCloseTo(0.67)
  })

  it('tell of more windows than one commit takes, once, wherever it breaks off [X50]', async () => {
    const fill = (bench: ShardBench): void => {
      for (let at = 0; at < 1_500; at += 750)
        bench.append(Array.from({ length: 750 }, (_, key) => record(`k${at + key}`, 1, { value: key, other: at })))
      bench.append([record('k0', 55, { value: 1 })])
      bench.append([record('k0', 56, { value: 1 })])
    }
    const whole = await ShardBench.open()
    fill(whole)
    await whole.run()
    const told = await whole.told()
    expect(told.results).toHaveLength(3_000)
    for (const dies of [2]) {
      const bench = await ShardBench.open()
      fill(bench)
      await bench.take(bench.work(), 0, 2)
      let commits = 0
      bench.fault = () => (++commits === dies ? 'after' : undefined)
      await expect(bench.take(bench.work(), 0, 4)).rejects.toThrow('died')
      bench.fault = () => undefined
      await bench.take(bench.work(), 0, 4)
      expect(await bench.told()).toEqual(told)
    }
  }, 60_000)

  it('write nothing of the state once another process has written [X50]', async () => {
    const bench = await ShardBench.open()
    steady(bench, 20)
    const [one, other] = [bench.work(), bench.work()]
    await bench.take(one, 0, 5)
    await bench.take(other, 0, 20, true)
    const rows = async (): Promise<unknown> =>
      all(bench.memory.inner.state.read('alpha', 'stream-key-pages', `${streamName}/0/1`))
    const before = await rows()
    // It has nothing new to tell, but state to save.
    await expect(bench.take(one, 0, 0, true)).rejects.toThrow('changed by someone else')
    expect(await rows()).toEqual(before)
  })

  it('know their own commit again when its answer was lost, and bear conflicts out of nothing', async () => {
    const bench = await ShardBench.open()
    steady(bench, 20)
    const work = bench.work()
    await bench.take(work, 0, 5)
    bench.memory.hostile.ambiguousNext()
    await bench.take(work, 5, 10)
    bench.memory.hostile.conflictNext(2)
    await bench.take(work, 10, 20, true)
    expect(await bench.head()).toMatchObject({ records: 20, told: '000020', kept: '000020' })
  })

  it('go on over the weakest legal platform [X50]', async () => {
    const whole = await ShardBench.open()
    steady(whole, 60)
    await whole.run()
    const bench = await ShardBench.open({}, { hostile: true })
    steady(bench, 60)
    let work = bench.work()
    for (let from = 0, kept = 0; kept < 60; ) {
      try {
        kept = Number((await bench.take(work, from, from + 4, from % 3 === 0 || from >= 56)).kept ?? 0)
        from = Math.min(from + 4, 60)
      } catch {
        from = kept
        work = bench.work()
      }
    }
    expect(await bench.told()).toEqual(await whole.told())
    expect(bench.memory.hostile.injected.conflict + bench.memory.hostile.injected.ambiguousCommit).toBeGreaterThan(3)
  })

  it('save their state when it is old or large, when they are told to, and when nothing is new', async () => {
    const bench = await ShardBench.open()
    steady(bench, 60)
    const work = bench.work({ keepAfter: { milliseconds: 15_000, records: 20 } })
    expect(await bench.take(work, 0, 5)).toEqual({ kept: undefined })
    bench.clock.jump(start + 15_000)
    expect(await bench.take(work, 5, 6)).toEqual({ kept: '000006' })
    expect(await bench.take(work, 6, 25)).toEqual({ kept: '000006' })
    expect(await bench.take(work, 25, 26)).toEqual({ kept: '000026' })
    expect(await bench.take(work, 26, 27)).toEqual({ kept: '000026' })
    expect(await bench.take(work, 27, 27)).toEqual({ kept: '000027' })
    expect(await bench.take(work, 27, 30, true)).toEqual({ kept: '000030' })
  })

  it('count an id once for its key, also when the process died in between [X50]', async () => {
    const bench = await ShardBench.open()
    bench.append([record('a', 1, { value: 1 }, '1'), record('b', 1, { value: 1 }, '1'), record('a', 2, { value: 2 }, '1')])
    bench.append([record('a', 3, { value: 3 }, '1'), record('a', 3, { value: 3 }, '2')])
    await bench.take(bench.work(), 0, 1, true)
    await bench.take(bench.work(), 1, 2, true)
    expect(await bench.head()).toMatchObject({ records: 3, duplicates: 2 })
  })

  it('take on new settings where the state is saved, and drop what comes for a stream that is gone', async () => {
    const bench = await ShardBench.open()
    steady(bench, 40)
    const work = bench.work()
    await bench.take(work, 0, 12)
    const stored = await streamRecord(bench)
    await bench.scope.state.update(streams, stored, {
      ...stored.fields,
      windows: [{ name: 'long', kind: 'tumbling', size: 20_000 }],
    })
    expect(await bench.take(work, 12, 40)).toEqual({ kept: '000012' })
    const results = (await all(readWindowRows(bench.scope, streamName, 0))).flatMap((row) => row.results)
    expect(results.map(({ window, count }) => [window, count])).toContainEqual(['long', 8])

    const { remove } = await import('../../../src/scope/state.ts')
    await bench.scope.state.commit({ writes: [remove(streams, await streamRecord(bench))] })
    bench.clock.jump(start + 12_000)
    bench.append([record('a', 50, { value: 1 })])
    expect(await bench.take(work, 40, 41)).toEqual({ kept: '000041' })
    expect(await bench.head()).toMatchObject({ records: 40 })
  })

  it('come to the same with the detectors of production, whatever process goes on [X50][X54]', async () => {
    const fill = (bench: ShardBench): void => {
      for (let at = 0; at < 120; at++)
        bench.append([
          record('a', at, { value: at === 100 ? 900 : at % 5, mode: at === 90 ? 'broken' : 'on' }),
          record('b', at, { value: (at * 7) % 11 }),
        ])
    }
    const whole = await ShardBench.open()
    fill(whole)
    await whole.run({ parts: keyParts })
    const told = await whole.told()
    expect(told.findings.length).toBeGreaterThan(0)
    const bench = await ShardBench.open()
    fill(bench)
    for (let at = 0; at < 120; at += 15) await bench.take(bench.work({ parts: keyParts }), at, at + 15, true)
    expect(await bench.told()).toEqual(told)
  })

  it('begin anew for a stream that was made again under its name', async () => {
    const bench = await ShardBench.open()
    steady(bench, 10)
    await bench.run()
    const stored = await streamRecord(bench)
    await bench.scope.state.update(streams, stored, { ...stored.fields, created: 2 })
    Object.assign(bench.stream, { created: 2 })
    await bench.take(bench.work(), 0, 5, true)
    expect(await bench.head()).toMatchObject({ records: 5, told: '000005', created: 2 })
  })

  it('ask for the stream’s tick when there is something for it, once for each commit [R84]', async () => {
    const bench = await ShardBench.open()
    steady(bench, 30)
    const work = bench.work()
    await bench.take(work, 0, 5)
    const ticks = async () => (await jobs(bench)).filter(({ queue }) => queue === 'analytics.tick')
    expect(await ticks()).toEqual([])
    await bench.take(work, 5, 30)
    expect(await ticks()).toMatchObject([{ body: { stream: streamName } }])
    await bench.take(bench.work(), 0, 30)
    expect(await ticks()).toHaveLength(1)
  })

  it('publish what each batch was like, without its content [R73][R126]', async () => {
    const bench = await ShardBench.open()
    steady(bench, 30)
    const heard: [BatchMetrics, object][] = []
    const end = onBatchMetrics((metrics, owner) => void heard.push([metrics, owner]))
    bench.clock.jump(start + 31_000)
    await bench.run()
    end()
    bench.append([])
    await bench.run()
    bench.log.pop()
    const bytes = bench.log.reduce((sum, { data }) => sum + data.byteLength, 0)
    const metrics = { records: 30, bytes, anomalies: 3, findings: 1, lag: 31_000, processing: { p50: 0, p95: 0, p99: 0 } }
    expect(heard).toEqual([[metrics, { tenant: 'alpha', stream: streamName, shard: 0 }]])
    expect((await bench.head()).metrics).toMatchObject({ records: 0, lag: 0 })
  })
})
