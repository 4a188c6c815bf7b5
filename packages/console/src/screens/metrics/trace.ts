/** A span as `GET /api/traces/{correlation_id}` shows it. */
export interface Span {
  readonly span_id: string
  readonly parent_span_id: string | null
  readonly name: string
  readonly started_at: string
  readonly duration_ms: number
  readonly status: 'ok' | 'error'
  readonly attributes: Readonly<Record<string, unknown>>
}

export interface Trace {
  readonly correlation_id: string
  /** In order of their start. */
  readonly spans: readonly Span[]
}

export const kinds = {
  http: 'a call of the API',
  work: 'work in the background',
  agent: 'a workflow, an agent, a tool',
  model: 'a call of a model',
} as const
export type Kind = keyof typeof kinds

/** A span in its place: how deep it lies, and where it stands in the whole. */
export interface PlacedSpan {
  readonly span: Span
  readonly depth: number
  readonly kind: Kind
  /** Shares of the whole. */
  readonly left: number
  readonly width: number
}

export interface PlacedTrace {
  /** Milliseconds, from the first start to the last end. */
  readonly whole: number
  readonly spans: readonly PlacedSpan[]
}

/** Spans below the one that they lie in, each level by its start; one whose parent isn't known stands at the top. */
export function placeSpans(spans: readonly Span[]): PlacedTrace {
  const starts = spans.map(({ started_at }) => Date.parse(started_at))
  const begin = Math.min(...starts)
  const whole = Math.max(1, ...spans.map(({ duration_ms }, index) => (starts[index] ?? begin) + duration_ms - begin))
  const known = new Set(spans.map(({ span_id }) => span_id))
  const byParent = Map.groupBy(spans, ({ parent_span_id: parent }) => (parent !== null && known.has(parent) ? parent : ''))
  const placed: PlacedSpan[] = []
  const place = (parent: string, depth: number): void => {
    for (const span of byParent.get(parent) ?? []) {
      const left = (Date.parse(span.started_at) - begin) / whole
      placed.push({ span, depth, kind: kindOf(span), left, width: Math.min(span.duration_ms / whole, 1 - left) })
      place(span.span_id, depth + 1)
    }
  }
  place('', 0)
  return { whole, spans: placed }
}

function kindOf({ name, attributes }: Span): Kind {
  if (attributes['http.route'] !== undefined) return 'http'
  if (/^(?:chat|embeddings|rerank)\b/.test(name)) return 'model'
  return /^(?:invoke_workflow|invoke_agent|execute_tool)\b/.test(name) ? 'agent' : 'work'
}
