import { expect, it } from 'vitest'
import { acceptDocuments } from '../../src/index.ts'
import { documents } from '../../src/rag/documents.ts'
import { getIngest } from '../../src/rag/follow-ingest.ts'
import { RagBench } from './rag-bench.ts'

const many = 10_000
const batchLength = 500
/** Of letters alone: a word with digits is found by its parts too. */
const wordOf = (number: number): string => `zq${[...String(number)].map((digit) => 'abcdefghij'[Number(digit)]).join('')}q`

it('10,000 small documents are all found, each by its own word, in few segments [R25, X26]', async () => {
  const bench = await RagBench.open()
  const scope = await bench.scope()
  const ids: string[] = []
  let mostSegments = 0
  for (let at = 0; at < many; at += batchLength) {
    const batch = Array.from({ length: batchLength }, (_, index) => ({
      source: `note-${at + index}.txt`,
      content: `Note ${wordOf(at + index)} of many.`,
    }))
    const { ingest_id, records } = await acceptDocuments(scope, batch)
    ids.push(...records.map(({ fields }) => fields.document_id))
    // Until they are read, and the job that tidies the index while it grows has come.
    await bench.plinth.pass(15_000, 5_000)
    expect(await getIngest(scope, ingest_id)).toMatchObject({ total: batchLength, processed: batchLength })
    mostSegments = Math.max(mostSegments, (await scope.search.status()).segments)
  }
  // Unmerged they would be some 500 and more.
  expect(mostSegments).toBeLessThan(80)
  await bench.plinth.pass(60_000, 20_000)
  for (let number = 0; number < many; number += many / 50) expect(await bench.indexed(wordOf(number))).toEqual([ids[number]])
  expect(new Set(ids).size).toBe(many)
  for (const id of ids) {
    const record = await scope.state.get(documents, { partition: id })
    expect(record?.fields).toMatchObject({ status: 'processed', embedding: 'done' })
  }
  const { documents: found, chunks, segments, spaces } = await scope.search.status()
  expect({ found, chunks, spaces }).toMatchObject({ found: many, chunks: many, spaces: [{ chunks: many }] })
  expect(segments).toBeLessThan(20)
  await bench.stop()
})
