import { expect, it } from 'vitest'
import { WrongStateError } from '../../src/index.ts'
import { createUpload, receivedUpload, receiveUpload } from '../../src/rag/uploads.ts'
import { RagBench } from './rag-bench.ts'

it('an upload that is sent twice at once is the one that came whole first, and the other is told that it came', async () => {
  const bench = await RagBench.open()
  const scope = await bench.scope()
  const { upload_id } = await createUpload(scope)
  const second = Promise.withResolvers<void>()
  const slow = receiveUpload(scope, upload_id, bytes('slow', second.promise)).catch((thrown: unknown) => thrown)
  const { received } = await receiveUpload(scope, upload_id, bytes('quick'))
  second.resolve()
  expect(await slow).toBeInstanceOf(WrongStateError)
  expect(await receivedUpload(scope, upload_id, 'upload_id')).toEqual(received)
  await bench.stop()
})

async function* bytes(text: string, after?: Promise<void>): AsyncGenerator<Uint8Array> {
  await after
  yield new TextEncoder().encode(text)
}
