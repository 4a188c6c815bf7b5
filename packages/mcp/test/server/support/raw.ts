/** What no client sends: messages put together by hand. @module */
import { type Answer, call } from '../../../../../test/e2e/support/api.ts'

export interface Message {
  readonly jsonrpc?: string
  readonly id?: number | string | null
  readonly method?: string
  readonly params?: object
}

export interface RpcAnswer {
  readonly id?: unknown
  readonly result?: { readonly isError?: boolean; readonly content?: readonly { readonly text: string }[] } & object
  readonly error?: { readonly code: number; readonly message: string }
}

export const accept = 'application/json, text/event-stream'

export function post(
  url: string,
  token: string | undefined,
  body: object | string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<RpcAnswer>> {
  return call<RpcAnswer>(url, '/mcp', { token, body, headers: { accept, 'content-type': 'application/json', ...headers } })
}

/** The message of an answer that came as an event, or as JSON. */
export function messageOf({ text, body }: Answer<RpcAnswer>): RpcAnswer {
  const data = /^data: (.*)$/m.exec(text)?.[1]
  return data === undefined ? body : (JSON.parse(data) as RpcAnswer)
}

export function callOf(name: string, given: object = {}): Message {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: given } }
}
