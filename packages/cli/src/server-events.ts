export interface ReceivedEvent {
  /** By which a stream that broke off is taken up again. */
  readonly id: string | undefined
  readonly event: string
  readonly data: unknown
}

/** Server-sent events out of the bytes of a stream; heartbeats are passed over. */
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
      const field = (name: string): string | undefined => {
        const line = lines.find((each) => each.startsWith(`${name}:`))
        return line?.slice(name.length + 1).trim()
      }
      if (data !== '') yield { id: field('id'), event: field('event') ?? 'message', data: JSON.parse(data) }
    }
  }
}
