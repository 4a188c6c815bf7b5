import { PlinthError } from '@plinth/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { call } from '../../../test/e2e/support/api.ts'
import { findOperation, permissions } from '../src/gateway/operations.ts'
import { fill, nameOf, routes } from './support/routes.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

interface Operation {
  readonly summary?: string
  readonly 'x-permission'?: string
  readonly security?: readonly object[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly schema: object
  }[]
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, { readonly schema: object }>> }
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description: string
        readonly content?: Readonly<Record<string, { readonly schema?: object }>>
        readonly headers?: Readonly<Record<string, object>>
      }
    >
  >
}

interface Document {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly servers?: readonly { readonly url: string }[]
  readonly security: readonly object[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, object>>
    readonly schemas: Readonly<Record<string, object>>
  }
}

let server: TestServer
let token: string
let document: Document
let operations: readonly (readonly [path: string, method: string, operation: Operation])[]

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
  document = (await call<Document>(server.url, '/openapi.json', { token })).body
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [path, method, operation] as const),
  )
})

describe('/openapi.json', () => {
  it('is an OpenAPI 3.1 document', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/)
    expect(document.info).toMatchObject({ title: expect.stringMatching(/\S/), version: expect.stringMatching(/^\d+\.\d+\.\d+$/) })
    expect(Object.keys(document.components.securitySchemes)).toContain('bearer')
    expect(document.security).toEqual([{ bearer: [] }])
    for (const [path, method, operation] of operations) {
      expect(path).toMatch(/^\//)
      expect(['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace']).toContain(method)
      expect(operation.summary, path).toMatch(/\S/)
      expect(Object.keys(operation.responses).length, path).toBeGreaterThan(0)
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^(default|[1-5]\d\d)$/)
        expect(response.description, path).toMatch(/\S/)
      }
    }
  })

  it('has full paths, without a base path', () => {
    for (const { url } of document.servers ?? []) expect(new URL(url, 'http://x').pathname).toBe('/')
    expect(document.paths).toHaveProperty(['/api/requests', 'post'])
  })

  it('declares each parameter of a path, once', () => {
    for (const [path, method, operation] of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
      expect(
        declared.map((parameter) => parameter.name),
        `${method} ${path}`,
      ).toEqual(named)
      for (const parameter of declared) expect(parameter.required).toBe(true)
      const all = (operation.parameters ?? []).map((parameter) => `${parameter.in} ${parameter.name}`)
      expect(new Set(all).size).toBe(all.length)
    }
  })

  it('every reference leads somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '')
    expect(references.length).toBeGreaterThan(0)
    for (const reference of references) {
      const parts = reference.replace(/^#\//, '').split('/')
      let found: unknown = document
      for (const part of parts)
        found = (found as Record<string, unknown> | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')]
      expect(found, reference).toBeTypeOf('object')
    }
  })

  it('lists exactly what is mounted', () => {
    const listed = operations
      .filter(([path]) => path.startsWith('/api/'))
      .map(([path, method]) => `${method.toUpperCase()} ${path}`)
    const own = ['GET /api/live', ...['DELETE', 'GET', 'POST'].map((method) => `${method} /api/session`)]
    expect(listed.toSorted()).toEqual([...routes.map(nameOf), ...own].toSorted())
  })

  it('what it lists answers: no 404 for a path, no 405 for a method', async () => {
    for (const [path, method, operation] of operations) {
      const stop = new AbortController()
      const response = await fetch(server.url + fill(path, 'x'), {
        method: method.toUpperCase(),
        headers: { authorization: `Bearer ${token}` },
        signal: stop.signal,
      })
      const text = response.headers.get('content-type')?.startsWith('text/event-stream') ? '' : await response.text()
      stop.abort()
      expect(response.status, `${method} ${path}`).not.toBe(405)
      expect(text, `${method} ${path}`).not.toContain('no such path')
      const open = operation.security?.length === 0
      expect(
        (await call(server.url, fill(path, 'x'), { method: method.toUpperCase() })).status === 401,
        `${method} ${path}`,
      ).toBe(!open)
    }
  })

  it("names each route's permission, which is the one that is asked", () => {
    for (const route of routes)
      expect(document.paths[route.path]?.[route.method.toLowerCase()]?.['x-permission']).toBe(route.permission)
  })

  it('says what a request takes', () => {
    const submit = document.paths['/api/requests']?.post
    const schema = submit?.requestBody?.content['application/json']?.schema as {
      properties: object
      required: string[]
      additionalProperties: boolean
    }
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['prompt', 'model_id', 'request_id', 'max_tokens', 'priority', 'not_before']),
    )
    expect(schema.required).toEqual(['prompt'])
    expect(schema.additionalProperties).toBe(false)
    expect(submit?.parameters?.map((parameter) => parameter.name)).toContain('Idempotency-Key')
    expect(Object.keys(submit?.responses ?? {})).toEqual(expect.arrayContaining(['202', 'default']))
  })

  it('says what only begins when a header asks for it, and what refuses it', () => {
    const put = document.paths['/api/streams/{name}']?.put
    expect(put?.parameters).toContainEqual({ name: 'If-None-Match', in: 'header', required: false, schema: { const: '*' } })
    expect(put?.responses['412']?.content).toHaveProperty(['application/problem+json', 'schema'])
  })

  it('describes a problem as it is sent', async () => {
    const { body } = await call<Readonly<Record<string, unknown>>>(server.url, '/api/requests/nobody', { token })
    const schema = document.components.schemas.Problem as { required: string[]; properties: Record<string, { type: string }> }
    expect(Object.keys(body).sort()).toEqual(schema.required.toSorted())
    for (const [name, value] of Object.entries(body))
      expect(typeof value).toBe(schema.properties[name]?.type === 'integer' ? 'number' : 'string')
  })
})

describe('/openapi.json, the model gateway', () => {
  const claude = 'anthropic.claude-3-5-sonnet-20241022-v2:0'
  const titan = 'amazon.titan-embed-text-v2:0'
  const messages = [{ role: 'user', content: 'Say something.' }]
  const turns = [{ role: 'user', content: [{ text: 'Say something.' }] }]
  const claudeBody = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 50, messages }
  /** A good body of each operation. */
  const bodies: Readonly<Record<string, object | undefined>> = {
    'POST /v1/chat/completions': { model: claude, messages },
    'POST /v1/embeddings': { model: titan, input: 'one' },
    'GET /v1/models': undefined,
    'GET /v1/models/{id}': undefined,
    'POST /v1/messages': { model: claude, max_tokens: 50, messages },
    'POST /v1/messages/count_tokens': { model: claude, messages },
    'POST /model/{id}/converse': { messages: turns },
    'POST /model/{id}/converse-stream': { messages: turns },
    'POST /model/{id}/invoke': claudeBody,
    'POST /model/{id}/invoke-with-response-stream': claudeBody,
    'POST /model/{id}/count-tokens': { input: { converse: { messages: turns } } },
  }
  const described = () => operations.filter(([path]) => /^\/(?:v1|model)\//.test(path))
  const ask = (path: string, method: string, body: object | undefined, withToken: string | undefined = token) =>
    call<object>(server.url, fill(path, claude), { method: method.toUpperCase(), token: withToken, body })
  const typeOf = (headers: Headers) => headers.get('content-type')?.split(';')[0] ?? ''

  it('describes every operation, and no other', () => {
    const names = Object.keys(permissions)
    const listed = described().map(([path, method]) => `${method.toUpperCase()} ${path}`)
    expect(names.length).toBeGreaterThan(10)
    expect(listed.toSorted()).toEqual(names.toSorted())
    expect(listed.toSorted()).toEqual(Object.keys(bodies).toSorted())
  })

  it('names what is found under a path, and the permission that is asked', async () => {
    const powerless = await server.token({ permissions: ['requests:read'] })
    for (const [path, method, operation] of described()) {
      const name = `${method.toUpperCase()} ${path}`
      const found = findOperation(method.toUpperCase(), fill(path, claude))?.operation
      if (!found || PlinthError.is(found)) throw new Error(`${name} is described, and nothing is found there.`)
      expect([found.name, found.permission]).toEqual([name, operation['x-permission']])
      expect((await ask(path, method, bodies[name], powerless)).status, name).toBe(403)
      const granted = await server.token({ permissions: [operation['x-permission'] ?? ''] })
      expect((await ask(path, method, bodies[name], granted)).status, name).toBe(200)
    }
  })

  it('says which types and headers an answer has, whole and streamed', async () => {
    for (const [path, method, { responses }] of described()) {
      const name = `${method.toUpperCase()} ${path}`
      const types = Object.keys(responses[200]?.content ?? {})
      const headers = new Set(Object.keys(responses[200]?.headers ?? {}))
      const asked = types.includes('text/event-stream') ? [{}, { stream: true }] : [{}]
      const answers = await Promise.all(
        asked.map((more) => ask(path, method, method === 'get' ? undefined : { ...bodies[name], ...more })),
      )
      expect(answers.map(({ headers: got }) => typeOf(got)).toSorted(), name).toEqual(types.toSorted())
      for (const { headers: got } of answers) {
        const own = [...got.keys()].filter((header) => /^x-(?:plinth|request)/.test(header))
        for (const header of own) expect(headers, name).toContain(header)
        expect(got.has('x-plinth-model'), name).toBe(headers.has('x-plinth-model'))
      }
    }
  })

  it("refuses in the form of the operation's own protocol, and takes no body without what it needs", async () => {
    for (const [path, method, { responses, requestBody }] of described()) {
      const name = `${method.toUpperCase()} ${path}`
      const schema = responses.default?.content?.['application/json']?.schema as { readonly $ref: string }
      const form = z.fromJSONSchema(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] as never)
      const nobody = await call<object>(server.url, fill(path, claude), { method: method.toUpperCase(), token: 'nobody' })
      expect(nobody.status, name).toBe(401)
      const refused = [nobody]
      const { required = [] } = (requestBody?.content['application/json']?.schema ?? {}) as { required?: string[] }
      for (const field of required) {
        const answer = await ask(path, method, { ...bodies[name], [field]: undefined })
        expect([name, field, answer.status]).toEqual([name, field, 400])
        expect(answer.text, name).toContain(field)
        refused.push(answer)
      }
      for (const { headers, body } of refused) {
        expect(typeOf(headers)).toBe('application/json')
        expect(form.parse(body), name).toEqual(body)
        expect([...headers.keys()]).toContain('x-request-id')
      }
    }
  })

  it('is open to tokens in x-api-key where it says so, and nowhere else', async () => {
    expect(document.components.securitySchemes.apiKey).toMatchObject({ type: 'apiKey', in: 'header', name: 'x-api-key' })
    for (const [path, method, { security }] of described()) {
      const body = method === 'get' ? undefined : bodies[`${method.toUpperCase()} ${path}`]
      const headers = { 'x-api-key': token }
      const { status } = await call(server.url, fill(path, claude), { method: method.toUpperCase(), body, headers })
      expect([path, status]).toEqual([path, security?.some((scheme) => 'apiKey' in scheme) ? 200 : 401])
    }
  })
})
