import { expect, it } from 'vitest'
import { VectorBatch } from '../../src/rag/vector-batch.ts'

const space = { name: 'test:4', model_id: 'test', served_by: 'test', dimensions: 4 }

it('vectors wait for those of other documents, until they are many; what comes afterwards waits with them', async () => {
  const done: string[] = []
  const batch = new VectorBatch({
    search: { putVectors: async (_, documents) => void done.push(documents.map(({ document }) => document).join()) },
  } as ConstructorParameters<typeof VectorBatch>[0])
  const add = async (document: string, length: number): Promise<void> => {
    await batch.add(space, { document, version: '1', vectors: Array.from({ length }, () => new Float32Array(4)) })
    await batch.afterwards(async () => void done.push(`${document} is there`))
  }
  await add('a', 100)
  await add('b', 100)
  expect(done).toEqual([])
  await add('c', 100)
  expect(done).toEqual(['a,b,c', 'a is there', 'b is there', 'c is there'])
  await add('d', 1)
  await batch.put()
  expect(done.slice(4)).toEqual(['d', 'd is there'])
})
