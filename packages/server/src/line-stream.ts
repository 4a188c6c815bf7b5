const encoder = new TextEncoder()

/** Lines of JSON as bytes, made as fast as they are read. What fails in the middle cuts the connection: half is never taken for all. */
export function lineStream(lines: AsyncIterable<object>): ReadableStream<Uint8Array> {
  const iterator = lines[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next()
      if (next.done) controller.close()
      else controller.enqueue(encoder.encode(`${JSON.stringify(next.value)}\n`))
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}
