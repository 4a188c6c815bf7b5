// The harness's own parts. Run by hand: node --test benchmarks/rag/harness.test.mjs
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments, roundsOf } from './arguments.mjs'
import { dimensions, documentOf, groupsOf, questionsOf, stopWords, textOf, textOfDocument, vectorOf } from './load/data.mjs'
import { exact } from './load/exact.mjs'
import { fuse } from './load/fuse.mjs'
import { Stopwatch } from './load/stopwatch.mjs'
import { render } from './tables.mjs'

function product(one, other) {
  let sum = 0
  for (let at = 0; at < one.length; at++) sum += one[at] * other[at]
  return sum
}

test('arguments: defaults, lists, a million once, and what is refused', () => {
  assert.deepEqual(readArguments([]).sizes, [1_000, 10_000, 100_000])
  assert.deepEqual(readArguments(['--sizes', '20', '--million']).sizes, [20, 1_000_000])
  assert.deepEqual(readArguments(['--sizes', '0']).sizes, [])
  assert.deepEqual(readArguments(['--only', 'langchain,plinth']).only, ['plinth', 'langchain'])
  assert.deepEqual([roundsOf(100_000, 3), roundsOf(1_000_000, 3)], [3, 1])
  for (const words of [['--only', 'faiss'], ['--rounds', '0'], ['--sizes', '10,x'], ['--fast'], ['extra']])
    assert.throws(() => readArguments(words))
})

test('data: the same again, offsets that point right, as many different words as texts have', () => {
  assert.equal(textOf(7), textOf(7))
  assert.notEqual(textOf(7), textOf(8))
  const whole = textOfDocument(3)
  for (const { start, end, text } of documentOf(3).chunks) assert.equal(whole.slice(start, end), text)
  const chunks = [...groupsOf(410)].flat().flatMap((document) => document.chunks)
  assert.equal(chunks.length, 410)
  const words = chunks.flatMap(({ text }) => text.toLowerCase().match(/\w+/g))
  const different = new Set(words).size
  assert.ok(different > 4_000 && different < 8_000, `${different}`)
  const stops = words.filter((word) => stopWords.includes(word)).length / words.length
  assert.ok(stops > 0.4 && stops < 0.5, `${stops}`)
})

test('vectors: of length 1, around centres; questions are none of them', () => {
  const vectors = Array.from({ length: 300 }, (_, number) => vectorOf(number))
  for (const vector of vectors) assert.ok(vector.length === dimensions && Math.abs(product(vector, vector) - 1) < 1e-5)
  const cosines = vectors.flatMap((one, at) => vectors.slice(0, at).map((other) => product(one, other)))
  const near = cosines.filter((cosine) => cosine > 0.4)
  assert.ok(near.length > 10 && near.length < 100, `${near.length}`)
  assert.ok(Math.max(...cosines) < 0.7)
  const [question] = questionsOf(1, 300)
  assert.ok(!vectors.some((vector) => product(vector, question.vector) > 0.99))
})

test('questions hold words of some chunk', () => {
  const texts = Array.from({ length: 50 }, (_, number) => new Set(textOf(number).toLowerCase().match(/\w+/g)))
  for (const { text } of questionsOf(20, 50)) {
    const telling = text.split(' ').filter((word) => !stopWords.includes(word))
    assert.equal(telling.length, 5)
    assert.ok(texts.some((words) => telling.every((word) => words.has(word))))
  }
})

test('the nearest are the nearest', async () => {
  const found = await exact({ size: 200, count: 3 })
  for (const [at, { vector }] of questionsOf(3, 200).entries()) {
    const scores = Array.from({ length: 200 }, (_, number) => ({ number, score: product(vectorOf(number), vector) }))
    scores.sort((one, other) => other.score - one.score)
    assert.deepEqual(
      found[at],
      scores.slice(0, 10).map(({ number }) => number),
    )
  }
})

test('fusing: both sides count, words more', () => {
  const words = [
    [1, 9],
    [2, 5],
    [3, 1],
  ]
  const vectors = [
    [4, 0.9],
    [2, 0.8],
    [5, 0.1],
  ]
  const fused = fuse(words, vectors)
  assert.deepEqual(new Set(fused), new Set([1, 2, 3, 4, 5]))
  assert.ok(fused.indexOf(1) < fused.indexOf(4))
  assert.ok(fused.indexOf(2) < fused.indexOf(3))
  assert.deepEqual(fuse([], vectors), [4, 2, 5])
})

test('a stopwatch adds up what it is given, and no more', async () => {
  const watch = new Stopwatch()
  assert.equal(await watch.time(async () => 5), 5)
  const { wall } = watch
  for (const end = performance.now() + 20; performance.now() < end; );
  assert.equal(watch.wall, wall)
  await watch.time(() => {
    for (const end = performance.now() + 20; performance.now() < end; );
  })
  assert.ok(watch.wall >= wall + 20)
})

test('tables: medians, ratios, and no figure that is not there', () => {
  const kind = (cpu) => ({ cpu, p50: cpu, p99: 2 * cpu })
  const spent = { wall: 200, cpu: 100 }
  const filled = { rate: 1_000, cpu: 50, settleSeconds: 1, settleCpu: 4 }
  const common = { size: 100_000, others: 0.1, memory: 900, recall: 0.995, recallOfTen: 0.98 }
  const plinth = (round, cpu) => ({
    ...common,
    contender: 'plinth',
    round,
    kinds: { hybrid: kind(cpu), vector: kind(cpu / 2), words: kind(1) },
    built: { texts: filled, vectors: filled, disk: 8e7 },
    start: { opening: spent, loading: spent },
    account: 700,
  })
  const langchain = { ...common, contender: 'langchain', round: 1, kinds: { vector: kind(40) }, filled: { vectors: filled } }
  const text = render({
    started: '2026-01-01T00:00:00.000Z',
    machine: { cores: 2, cpu: 'A', kernel: '6', filesystem: 'ext4' },
    versions: { plinth: '0.1.0', commit: 'abc', node: '24', sqlite: '3', peers: { minisearch: '7' } },
    settings: { rounds: 2, questions: 5, limit: 100 },
    rows: [plinth(1, 6), plinth(2, 10), langchain],
    documents: [{ title: 'by HTTP', round: 1, others: 0.2, chunks: 10, rate: 5, cpu: 6, rss: 1e8 }],
  })
  assert.match(text, /\| Plinth \| 8\.00; 8\.00 \/ 16\.0 \| 4\.00; 4\.00 \/ 8\.00 \|.*\| 0\.995 \(0\.980\) \| – \|/)
  assert.match(text, /\| LangChain\.js, MemoryVectorStore \| – \|.*\| × 0\.10 \(vectors\) \|/)
  assert.match(text, /\| Plinth \| 1,000; 50 \| 1,000; 50 \| 8 \| 100 \+ 100; 400 \| 900 \(index itself 700\) \| 800 \|/)
  assert.match(text, /\| by HTTP \| 10 \| 5; 6 \| – \| – \| 100 \|/)
  assert.ok(!/NaN|undefined/.test(text), text)
})
