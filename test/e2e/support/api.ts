/** A client of the native API that hides nothing: status, headers and text as they came. @module */

export interface Call {
  readonly token?: string | undefined
  readonly method?: string
  /** An object is sent as JSON, a text or bytes as they are. */
  readonly body?: object | string | Uint8Array | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface Answer<Body> {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text as JSON; an empty object when it isn't. */
  readonly body: Body
}

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly request_id: string
  readonly field?: string
}

export interface ShownRequest {
  readonly request_id: string
  readonly tenant_id: string
  readonly model_id: string
  readonly status: 'processing' | 'completed' | 'failed' | 'cancelled'
  readonly result: { readonly text: string; readonly stop_reason: string; readonly model_id: string } | null
  readonly error: { readonly code: string; readonly message: string; readonly retryable: boolean } | null
  readonly attempts: number
  readonly usage: {
    readonly input_tokens: number
    readonly output_tokens: number
    readonly usd: number
    readonly latency_ms: number
  } | null
  readonly timeline: readonly {
    readonly at: string
    readonly type: string
    readonly attempt?: number
    readonly detail?: string
  }[]
  readonly correlation_id: string
  readonly estimated_completion_at: string
}

export interface ShownEvent {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: string
  readonly version: number
  readonly correlation_id: string
  readonly tenant_id: string
  readonly subject: string
  readonly sequence: number
  readonly detail: Readonly<Record<string, unknown>>
}

export interface Acknowledgement {
  readonly request_id: string
  readonly status: string
  readonly estimated_completion: string
  readonly estimated_completion_at: string
}

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

/** Calls a path of a server. The body's form is what the caller says it is: tests look at what matters to them. */
export async function call<Body = Problem>(url: string, path: string, options: Call = {}): Promise<Answer<Body>> {
  const { token, body, headers = {}, signal } = options
  const json = typeof body === 'object' && !(body instanceof Uint8Array)
  const response = await fetch(url + path, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : (body as string) }),
    ...(signal ? { signal } : {}),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: parse(text) as Body }
}

/** All items of a list, page by page. */
export async function listAll<Item>(url: string, path: string, token: string, limit = 1_000): Promise<Item[]> {
  const items: Item[] = []
  for (let after: string | null | undefined; after !== null; ) {
    const query = `${path.includes('?') ? '&' : '?'}limit=${limit}${after === undefined ? '' : `&after=${after}`}`
    const page = await call<Page<Item>>(url, path + query, { token })
    if (page.status !== 200) throw new Error(`${path} answered ${page.status}: ${page.text}`)
    items.push(...page.body.items)
    after = page.body.next_cursor
  }
  return items
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
