/** A message of a server-sent event stream, as a client's parser gives it. */
export interface StreamEvent {
  readonly id: number
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Reads a stream until it ends, or until `enough`; then hangs up. */
export async function readStream(
  url: string,
  path: string,
  token: string,
  options: { readonly after?: number; readonly enough?: (events: readonly StreamEvent[]) => boolean } = {},
): Promise<StreamEvent[]> {
  const { after, enough = () => false } = options
  const gone = new AbortController()
  const headers = { authorization: `Bearer ${token}`, ...(after === undefined ? {} : { 'last-event-id': `${after}` }) }
  const response = await fetch(url + path, { headers, signal: gone.signal })
  if (response.status !== 200 || !response.body) throw new Error(`${path} answered ${response.status}.`)
  const events: StreamEvent[] = []
  let rest = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const messages = (rest + chunk).split('\n\n')
    rest = messages.pop() ?? ''
    for (const message of messages) {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(message)?.[1] ?? ''
      if (field('event') === '') continue
      events.push({ id: Number(field('id')), event: field('event'), data: JSON.parse(field('data')) })
      if (!enough(events)) continue
      gone.abort()
      return events
    }
  }
  return events
}

/** What the tokens since the last start say. */
export function lastText(events: readonly StreamEvent[]): string {
  const start = events.findLastIndex(({ event, data }) => event === 'status' && data.type === 'started')
  return events.slice(start + 1).reduce((text, { event, data }) => (event === 'token' ? text + String(data.text) : text), '')
}
