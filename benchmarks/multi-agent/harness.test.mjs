// The harness's own parts. Run by hand: node --test benchmarks/multi-agent/harness.test.mjs
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments } from './arguments.mjs'
import { open as openPromises } from './contenders/promises.mjs'
import { checkGraph, criticalPath, graphOf, latenciesOf, levelPath } from './graphs.mjs'
import { CheckedWork } from './load/checked-work.mjs'
import { cost } from './load/cost.mjs'
import { render } from './tables.mjs'

test('arguments: defaults, lists, and what is refused', () => {
  assert.deepEqual(readArguments([]).graphs, ['chain-100', 'fan-100', 'random-1000'])
  assert.deepEqual(readArguments(['--only', 'strands,plinth']).only, ['plinth', 'strands'])
  assert.deepEqual(readArguments(['--parts', 'crash,cost', '--sizes', '7']).sizes, [7])
  for (const words of [
    ['--only', 'crewai'],
    ['--graphs', 'ring-10'],
    ['--graphs', 'chain-2'],
    ['--sizes', '0'],
    ['--parts', 'x'],
  ])
    assert.throws(() => readArguments(words))
  for (const name of ['chain', 'chain-', 'constructor-10', 'chain-1x']) assert.throws(() => checkGraph(name))
})

test('graphs: as many steps as asked for, each behind what it needs, the same again', () => {
  assert.deepEqual(graphOf('chain-4').levels, [['s0'], ['s1'], ['s2'], ['s3']])
  assert.deepEqual(graphOf('fan-5').levels, [['s0'], ['s1', 's2', 's3'], ['s4']])
  for (const name of ['chain-100', 'fan-100', 'random-1000']) {
    const { steps, levels } = graphOf(name)
    assert.equal(steps.length, Number(name.split('-')[1]))
    assert.equal(levels.flat().length, steps.length)
    const known = new Set()
    for (const { id, needs } of steps) {
      assert.ok(needs.every((needed) => known.has(needed)))
      known.add(id)
    }
  }
  assert.deepEqual(graphOf('random-50'), graphOf('random-50'))
  assert.ok(graphOf('random-1000').levels.length > 30)
})

test('paths: the longest way, and level by level', () => {
  const graph = { steps: [step('a'), step('b'), step('c', 'a'), step('d', 'b', 'c')], levels: [['a', 'b'], ['c'], ['d']] }
  const latencies = new Map(Object.entries({ a: 10, b: 50, c: 20, d: 5 }))
  assert.equal(criticalPath(graph, latencies), 55)
  assert.equal(levelPath(graph, latencies), 75)
  const drawn = [...latenciesOf(graphOf('random-1000')).values()]
  assert.deepEqual([Math.min(...drawn), Math.max(...drawn)], [10, 90])
})

test('work: what is too early, done twice or left out is found', async () => {
  const checked = new CheckedWork(graphOf('chain-3'))
  await assert.rejects(checked.work('s1'))
  const other = new CheckedWork(graphOf('chain-3'))
  await other.work('s0')
  await assert.rejects(other.work('s0'))
  await assert.rejects(other.work('s7'))
  assert.throws(() => other.reset())
  const whole = new CheckedWork(graphOf('chain-3'))
  for (const id of ['s0', 's1', 's2']) await whole.work(id)
  whole.reset()
  await whole.work('s0')
})

test('cost: of each step, over all runs', async () => {
  const figures = await cost(await openPromises(), graphOf('chain-3'), { seconds: 0.01, once: false })
  assert.ok(figures.cpu > 0 && figures.wall > 0 && figures.runs >= 3 && figures.runsInAll > figures.runs)
  assert.equal((await cost(await openPromises(), graphOf('chain-3'), { seconds: 1, once: true })).runs, 1)
})

test('tables: the middle of the rounds, and a line for what has no figure', () => {
  const cpus = [3, 9, 4]
  const rows = cpus.map((cpu) => ({
    part: 'cost',
    contender: 'promises',
    graph: 'chain-100',
    cpu,
    wall: 2 * cpu,
    memory: 1e6,
    others: 0,
  }))
  const crash = {
    part: 'crash',
    contender: 'mastra-libsql',
    graph: 'fan-7',
    begun: { s1: 2, s0: 1 },
    milliseconds: 1_500,
    others: 0,
  }
  const makespan = {
    part: 'makespan',
    contender: 'plinth',
    graph: 'random-1000',
    milliseconds: 110,
    critical: 100,
    levels: 150,
    cpu: 1,
    others: 0,
  }
  const text = render({
    started: '2026-01-01T00:00:00Z',
    machine: {},
    versions: { peers: {} },
    settings: {},
    rows: [...rows, makespan, crash],
  })
  assert.match(text, /\| promises alone[^|]*\| 4 \(8\) \| 1 \| – \|/)
  assert.match(text, /× 1\.100/)
  assert.match(text, /\| s0 \| s1 \| came out \|\n[^\n]*\n\| Mastra[^|]*\| 1 \| 2 \| completed 1\.5 s/)
})

function step(id, ...needs) {
  return { id, needs }
}
