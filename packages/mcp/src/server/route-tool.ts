import type { CallToolResult, ToolAnnotations } from '@modelcontextprotocol/server'
import { type AnyRoute, type AnyTenantRoute, InvalidInputError, type Reply } from '@plinth/core'
import { inputOf, outputOf } from './json-schema.ts'
import { answer } from './results.ts'
import type { Arguments, JsonSchema, McpTool, ToolContext } from './tool.ts'
import { follow, type Progress, secondsOf, waitSchema } from './waiting.ts'

/** A tool as the table has it: a route, and what a client of tools has to be told beside. */
export interface RouteTool {
  readonly name: string
  readonly title: string
  readonly description: string
  /** The route that it calls, such as `POST /api/requests`: its permission, its forms and its checks are the tool's. */
  readonly route: string
  readonly annotations: ToolAnnotations
  /** The argument that is the `{id}`, or `{name}`, of its path. */
  readonly id?: string
  /** Fields of the route's query that the tool takes, too. */
  readonly query?: readonly string[]
  /** Fields of the route's body that make no sense here. */
  readonly without?: readonly string[]
  /** What fields are for, where their names don't say it. */
  readonly about?: Readonly<Record<string, string>>
  /** How an array is named, since a tool answers with an object. */
  readonly listed?: string
  /** Of work that goes on in the background. */
  readonly waits?: Waiting
}

export interface Waiting {
  /** What streams the work's events; its path has an `{id}`. */
  readonly events: string
  /** What shows the work, and under which name the answer has it. */
  readonly read: string
  readonly as: string
  /** The work's id, from what the tool's route replied. */
  id(reply: Reply): string
  /** Of one work, from its beginning. */
  progress(): Progress
  /** What else has changed in the first answer meanwhile. */
  refresh?(first: Arguments, shown: Arguments, context: ToolContext): Promise<object>
}

const keyPattern = '^[\\x21-\\x7e]{1,255}$'
const keySchema: JsonSchema = {
  type: 'string',
  pattern: keyPattern,
  description: 'Any text of your own, 1 to 255 visible ASCII characters. Sent again with the same, nothing is done twice.',
}
/** Of every list; a query has texts only, and a model would rather say a number. */
const limitSchema: JsonSchema = { type: 'integer', minimum: 1, maximum: 1000, description: 'How many; 50 unless said.' }
const cursorSchema: JsonSchema = { type: 'string', description: 'The next_cursor of the answer before: goes on behind it.' }
const idSchema: JsonSchema = { type: 'string', minLength: 1, maxLength: 300 }

/** @throws Error when a route of the entry isn't mounted. */
export function routeTool(entry: RouteTool, routes: ReadonlyMap<string, AnyRoute>): McpTool {
  const { name, title, description, annotations, id, query = [], without = [], about = {}, waits } = entry
  const route = tenantRoute(entry.route, routes)
  const form = inputOf(route.body)
  const own: Record<string, JsonSchema> = {
    ...(id === undefined ? {} : { [id]: idSchema }),
    ...Object.fromEntries(query.map((field) => [field, querySchema(route, field)])),
    ...(route.idempotent ? { idempotency_key: keySchema } : {}),
    ...(waits ? { wait_seconds: waitSchema } : {}),
  }
  const properties = { ...form.properties, ...own }
  for (const field of without) delete properties[field]
  for (const [field, words] of Object.entries(about)) properties[field] = { ...properties[field], description: words }
  const required = [...form.required, ...(id === undefined ? [] : [id])]
  return {
    name,
    title,
    description,
    annotations: { title, openWorldHint: false, ...annotations },
    permission: route.permission,
    inputSchema: { type: 'object', properties, additionalProperties: false, ...(required.length > 0 ? { required } : {}) },
    outputSchema: outputSchemaOf(entry, route, waits && tenantRoute(waits.read, routes)),
    run: (given, context) => run(entry, { route, own: Object.keys(own) }, given, context),
  }
}

async function run(
  { route: name, id, query, without = [], listed, waits }: RouteTool,
  { route, own }: { readonly route: AnyTenantRoute; readonly own: readonly string[] },
  given: Arguments,
  context: ToolContext,
): Promise<CallToolResult> {
  const unknown = Object.keys(given).find((field) => without.includes(field) || (!route.body && !own.includes(field)))
  if (unknown !== undefined) throw new InvalidInputError(`There is no field "${unknown}" here.`, { field: unknown })
  const seconds = waits ? secondsOf(given) : 0
  // Refused before anything is begun, not after.
  if (waits && seconds > 0) context.require([waits.events, waits.read])
  const body = route.body ? Object.fromEntries(Object.entries(given).filter(([field]) => !own.includes(field))) : undefined
  const reply = await context.call(name, {
    ...(id === undefined ? {} : { params: { [placeIn(route)]: idOf(given, id) } }),
    ...(query === undefined ? {} : { query: queryOf(given, query) }),
    body,
    idempotencyKey: route.idempotent ? keyOf(given, context) : undefined,
    signal: context.signal,
  })
  const first: Arguments = listed === undefined ? { ...reply.body } : { [listed]: reply.body }
  if (!waits || seconds === 0) return answer(first)
  const work = waits.id(reply)
  await follow(context, { route: waits.events, id: work, seconds, progress: waits.progress() })
  const { body: shown } = await context.call(waits.read, { params: { id: work }, signal: context.signal })
  return answer({ ...first, ...(await waits.refresh?.(first, { ...shown }, context)), [waits.as]: shown })
}

function tenantRoute(name: string, routes: ReadonlyMap<string, AnyRoute>): AnyTenantRoute {
  const route = routes.get(name)
  if (!route || !('handle' in route)) throw new Error(`A tool names the route ${name}, and it isn't mounted.`)
  return route
}

/** What the route shows when all is well, and what waiting adds to it. */
function outputSchemaOf({ listed, waits }: RouteTool, route: AnyTenantRoute, read: AnyTenantRoute | undefined): JsonSchema {
  const shown = formOf(route)
  const schema = listed === undefined ? shown : { type: 'object', properties: { [listed]: shown }, required: [listed] }
  if (!waits || !read) return schema
  const own = schema.properties as JsonSchema
  const work = formOf(read)
  // An acknowledgement knows fewer statuses than the work that was waited for.
  const { status } = work.properties as JsonSchema
  return { ...schema, properties: { ...own, ...('status' in own ? { status } : {}), [waits.as]: work } }
}

function formOf({ replies, path }: AnyTenantRoute): JsonSchema {
  const [reply] = Object.values(replies)
  if (!reply?.body) throw new Error(`${path} shows nothing that a tool could answer with.`)
  return outputOf(reply.body)
}

function idOf(given: Arguments, name: string): string {
  const id = given[name]
  if (typeof id !== 'string' || id === '' || id.length > 300)
    throw new InvalidInputError('Must be a text of 1 to 300 characters.', { field: name })
  return id
}

/** What the path's one placeholder is called. */
function placeIn({ path }: AnyTenantRoute): string {
  return /\{(\w+)\}/.exec(path)?.[1] ?? ''
}

function querySchema(route: AnyTenantRoute, field: string): JsonSchema {
  if (field === 'limit') return limitSchema
  return field === 'after' ? cursorSchema : (inputOf(route.query).properties[field] ?? {})
}

/** As an address would have them. */
function queryOf(given: Arguments, fields: readonly string[]): Readonly<Record<string, string>> {
  const entries = fields
    .filter((field) => given[field] !== undefined)
    .map((field): [string, string] => {
      const value = given[field]
      if (typeof value !== 'string' && typeof value !== 'number')
        throw new InvalidInputError('Must be a text or a number.', { field })
      return [field, String(value)]
    })
  return Object.fromEntries(entries)
}

/** The argument; else what the call itself goes by, where that can be a key. @throws InvalidInputError */
function keyOf({ idempotency_key: key }: Arguments, { idempotencyKey }: ToolContext): string | undefined {
  if (isKey(key)) return key
  if (key === undefined) return isKey(idempotencyKey) ? idempotencyKey : undefined
  throw new InvalidInputError('An idempotency key is 1 to 255 visible ASCII characters.', { field: 'idempotency_key' })
}

function isKey(key: unknown): key is string {
  return typeof key === 'string' && new RegExp(keyPattern).test(key)
}
