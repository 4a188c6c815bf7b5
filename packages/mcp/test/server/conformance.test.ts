/**
 * The protocol's own conformance tests (0.1.16, of the revisions 2025-06-18 and 2025-11-25; there are none of 2026-07-28 yet). They send
 * no token, so a door in front adds one. Most of them look for tools, resources and prompts of fixed names: those about tools are
 * run against the same handler with such tools beside Plinth's own.
 * @module
 */
import { afterAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../../../server/test/support/test-server.ts'
import { serveFetch } from '../support/serve-fetch.ts'
import { openApp } from './support/app.ts'
import { conformanceOf } from './support/conformance.ts'
import { fixtureTools } from './support/fixture-tools.ts'

const doors: { close(): Promise<void> }[] = []
afterAll(() => Promise.all(doors.map((door) => door.close())))

/** A door that adds the token. */
async function doorOf(token: string, pass: (request: Request) => Promise<Response>): Promise<string> {
  const door = await serveFetch((request) => {
    const headers = new Headers(request.headers)
    headers.set('authorization', `Bearer ${token}`)
    return pass(new Request(request, { headers }))
  })
  doors.push(door)
  return door.url
}

const named = ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection'] as const
/** They only warn, of a server without sessions. */
const silent = ['server-sse-polling', 'server-sse-multiple-streams'] as const
const ofTools = [
  'tools-call-simple-text',
  'tools-call-image',
  'tools-call-audio',
  'tools-call-embedded-resource',
  'tools-call-mixed-content',
  'tools-call-error',
  'tools-call-with-progress',
  'json-schema-2020-12',
] as const
/** Plinth offers no prompts, resources, completions or log messages, and asks its clients for nothing. */
const notOffered = [
  ...['logging-set-level', 'tools-call-with-logging', 'completion-complete'],
  ...['tools-call-sampling', 'tools-call-elicitation', 'elicitation-sep1034-defaults', 'elicitation-sep1330-enums'],
  ...['resources-list', 'resources-read-text', 'resources-read-binary', 'resources-templates-read'],
  ...['resources-subscribe', 'resources-unsubscribe'],
  ...['prompts-list', 'prompts-get-simple', 'prompts-get-with-args', 'prompts-get-embedded-resource', 'prompts-get-with-image'],
]

type Results = Awaited<ReturnType<typeof conformanceOf>>

/** Scenarios in which something was checked, and all of it is so. */
function passed(results: Results): string[] {
  return [...results]
    .filter(([, checks]) => checks.length > 0 && checks.every(({ status }) => status === 'SUCCESS'))
    .map(([name]) => name)
}

function failed(results: Results): string[] {
  return [...results].filter(([, checks]) => checks.some(({ status }) => status === 'FAILURE')).map(([name]) => name)
}

describe('@modelcontextprotocol/conformance', () => {
  it('/mcp of a server passes what is about the protocol itself', async () => {
    const server = await startTestServer()
    const url = await doorOf(await server.token(), async (request) => {
      const { method, headers, signal } = request
      const body = await request.arrayBuffer()
      return fetch(`${server.url}/mcp`, { method, headers, signal, ...(body.byteLength > 0 ? { body } : {}) })
    })
    const results = await conformanceOf(url)
    expect(passed(results).sort()).toEqual([...named].sort())
    expect(failed(results).sort()).toEqual([...ofTools, ...notOffered].sort())
    expect([...results.keys()].sort()).toEqual([...named, ...silent, ...ofTools, ...notOffered].sort())
  })

  it('with the tools that it looks for, the same handler passes all that is about tools', async () => {
    const { app, token } = await openApp({ tools: fixtureTools })
    const results = await conformanceOf(await doorOf(token, (request) => app.fetch(request)))
    expect(passed(results).sort()).toEqual([...named, ...ofTools].sort())
    expect(failed(results).sort()).toEqual([...notOffered].sort())
  })
})
