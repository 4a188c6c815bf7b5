import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type App, openApp } from './support/app.ts'
import { accept, messageOf, type RpcAnswer } from './support/raw.ts'
import { toolNames } from './support/tool-names.ts'

async function ask(
  app: App,
  token: string,
  message: unknown,
): Promise<{ readonly status: number; readonly told: RpcAnswer; readonly text: string }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept }
  const answer = await app.fetch(new Request('http://plinth/mcp', { method: 'POST', headers, body: JSON.stringify(message) }))
  const text = await answer.text()
  const body = text.startsWith('{') ? (JSON.parse(text) as RpcAnswer) : {}
  return { status: answer.status, told: messageOf({ status: answer.status, headers: answer.headers, text, body }), text }
}

const fields = [
  ...['query', 'top_k', 'filter', 'history', 'documents', 'prompt', 'request_id', 'workflow_id', 'request', 'plan', 'approval'],
  ...[
    'budget',
    'idempotency_key',
    'tenant_id',
    'model_id',
    'max_tokens',
    'priority',
    'not_before',
    'callback_url',
    '',
    'constructor',
  ],
]

describe('whatever is sent', () => {
  it('as a tool’s arguments is done, or refused in words of ours: never an error of ours, nor its insides', async () => {
    const { app, token } = await openApp()
    const given = fc.dictionary(fc.oneof(fc.constantFrom(...fields), fc.string()), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...toolNames), given, async (name, args) => {
        const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }
        const { status, told, text } = await ask(app, token, message)
        expect(text).not.toMatch(/node_modules|\.ts:\d|"code":"internal"|\bTypeError\b/)
        // A name that no form may have is no message.
        if (status === 400) {
          expect(told.error?.code).toBe(-32700)
          return
        }
        expect(status).toBe(200)
        const problem = told.result?.isError ? JSON.parse(told.result.content?.[0]?.text ?? '{}') : { status: 400, code: 'fine' }
        expect(problem.status, text).toBeLessThan(500)
        expect(problem.code).toMatch(/^[a-z0-9_]+$/)
      }),
      { numRuns: 300 },
    )
  })

  it('as a message is answered by the protocol, and never by an error of ours', async () => {
    const { app, token } = await openApp()
    const method = fc.oneof(
      fc.constantFrom('initialize', 'ping', 'tools/list', 'tools/call', 'server/discover', 'x'),
      fc.string(),
    )
    const message = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          jsonrpc: fc.constantFrom('2.0', '1.0'),
          id: fc.jsonValue({ maxDepth: 1 }),
          method,
          params: fc.jsonValue({ maxDepth: 2 }),
        },
        { requiredKeys: ['jsonrpc'] },
      ),
    )
    await fc.assert(
      fc.asyncProperty(message, async (sent) => {
        const { status, text } = await ask(app, token, sent)
        expect([200, 202, 400, 404], text).toContain(status)
        expect(text).not.toMatch(/node_modules|\.ts:\d|\bTypeError\b/)
      }),
      { numRuns: 300 },
    )
  })
})
