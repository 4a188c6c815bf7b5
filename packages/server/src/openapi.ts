import type { AnyRoute, Pattern } from '@plinth/core'
import { z } from 'zod'
import { describeOwn } from './describe-own.ts'
import { describeGateway } from './gateway/describe.ts'
import { describeMcp } from './mcp/describe-mcp.ts'
import type { McpEndpoint } from './mcp/endpoint.ts'
import { version } from './version.ts'

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stable; decide by it.' },
    request_id: { type: 'string' },
    field: { type: 'string' },
  },
}

/** OpenAPI 3.1 of everything that is served: the native API from the same schemas that check it, the gateway by its protocols. */
export function openApi(
  patterns: readonly Pattern[],
  /** Routes that no pattern brings, by their tag. */
  extra: Readonly<Record<string, readonly AnyRoute[]>>,
  /** Of `/mcp`; absent where there is none. */
  tools?: McpEndpoint['tools'],
): object {
  const paths: Record<string, Record<string, object>> = {}
  const add = (route: AnyRoute, tag: string): void => {
    const methods = paths[route.path] ?? {}
    paths[route.path] = methods
    methods[route.method.toLowerCase()] = operation(route, tag)
  }
  for (const pattern of patterns) for (const route of pattern.routes) add(route, pattern.name)
  for (const [tag, routes] of Object.entries(extra)) for (const route of routes) add(route, tag)
  const gateway = describeGateway()
  return {
    openapi: '3.1.0',
    info: { title: 'Plinth', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    security: [{ bearer: [] }],
    paths: { ...paths, ...gateway.paths, ...(tools ? describeMcp(tools) : {}), ...describeOwn() },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, ...gateway.securitySchemes },
      schemas: { Problem: problemSchema, ...gateway.schemas },
    },
  }
}

function operation(route: AnyRoute, tag: string): object {
  const responses: Record<string, object> = {
    default: {
      description: 'A problem.',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  }
  if (route.makes) responses[412] = { ...responses.default, description: 'It is there already: nothing was changed.' }
  for (const [status, reply] of Object.entries(route.replies)) {
    responses[status] = {
      description: reply.summary,
      ...(reply.body ? { content: { 'application/json': { schema: schemaOf(reply.body, 'output') } } } : {}),
    }
  }
  const parameters = [
    ...parametersOf(route.params, 'path'),
    ...parametersOf(route.query, 'query'),
    ...(route.idempotent
      ? [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 255 } }]
      : []),
    ...(route.makes ? [{ name: 'If-None-Match', in: 'header', required: false, schema: { const: '*' } }] : []),
  ]
  return {
    summary: route.summary,
    tags: [tag],
    'x-permission': route.permission,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...bodyOf(route),
    responses,
  }
}

function bodyOf({ body, fromFiles, takesBytes, takesLines }: AnyRoute): object {
  if (takesBytes !== undefined)
    return {
      requestBody: { required: true, content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } },
    }
  if (!body) return {}
  const files = { type: 'array', items: { type: 'string', format: 'binary' } }
  return {
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: schemaOf(body, 'input') },
        ...(takesLines ? { 'application/x-ndjson': { schema: { type: 'string' } } } : {}),
        ...(fromFiles ? { 'multipart/form-data': { schema: { type: 'object', properties: { files } } } } : {}),
      },
    },
  }
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): object[] {
  if (!schema) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, object>
    required?: string[]
  }
  return Object.entries(properties).map(([name, form]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: form,
  }))
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<string, unknown>
  return rest
}
