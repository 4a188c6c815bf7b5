export interface ReceivedEvent {
  readonly event: string
  readonly data: unknown
}

/** Server-sent events out of the bytes of a stream; heartbeats and ids are passed over. */
export async function* serverEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ReceivedEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true })
    const blocks = rest.split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split('\n')
      const data = lines.flatMap((line) => (line.startsWith('data:') ? line.slice(5).trimStart() : [])).join('\n')
      const event =
        lines
          .find((line) => line.startsWith('event:'))
          ?.slice(6)
          .trim() ?? 'message'
      if (data !== '') yield { event, data: JSON.parse(data) }
    }
  }
}
