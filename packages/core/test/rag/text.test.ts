import { expect, it } from 'vitest'
import { dropText, keepText, readChunk } from '../../src/rag/text.ts'
import { RagBench } from './rag-bench.ts'

it('keeps what was opened last of texts in memory, and no more than sixteen megabytes of it', async () => {
  const bench = await RagBench.open()
  const scope = await bench.scope()
  const places = ['first', 'second', 'third']
  const read = { text: 'A row.', chunks: [{ start: 0, end: 6, context: 0 }], contexts: ['A heading. '.repeat(300_000)] }
  for (const place of places) {
    await keepText(scope, place, read as never)
    await readChunk(scope, place, 0)
  }
  // What is gone is only known to who keeps it.
  for (const place of places) await dropText(scope, place)
  const known = await Promise.all(places.map(async (place) => (await readChunk(scope, place, 0)) !== undefined))
  expect(known).toEqual([false, true, true])
  await bench.stop()
})
