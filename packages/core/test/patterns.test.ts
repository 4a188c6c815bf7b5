import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type AnyRoute,
  allPermissions,
  type CollectionDefinition,
  defineCollection,
  defineEvent,
  defineJob,
  definePattern,
  defineRoute,
  isPermission,
  type Pattern,
  patternNames,
  patterns,
} from '../src/index.ts'

const sources = join(import.meta.dirname, '..', 'src')
/** The one folder that isn't named like its pattern (design, 2). */
const folderOf = (name: string): string => (name === 'multi-tenant' ? 'tenancy' : name)
const everyRoute = patterns.flatMap((pattern) =>
  pattern.routes.map((route) => [pattern.name, route.method, route.path, route] as const),
)

describe('the patterns', () => {
  it('are among the five of the seed, each once, with a folder and a line of its own [R1]', () => {
    expect(patternNames).toEqual(['event-driven', 'rag', 'multi-agent', 'analytics', 'multi-tenant'])
    const names = patterns.map((pattern) => pattern.name)
    expect(names.length).toBeGreaterThan(0)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(patternNames).toContain(name)
    const lines = readFileSync(join(sources, 'patterns.ts'), 'utf8').split('\n')
    for (const name of names) {
      expect(existsSync(join(sources, folderOf(name), 'pattern.ts'))).toBe(true)
      expect(lines.filter((line) => line.startsWith('import') && line.includes(`'./${folderOf(name)}/pattern.ts'`))).toHaveLength(
        1,
      )
    }
    // A folder with a pattern that nobody mounts would look finished, and do nothing.
    const folders = readdirSync(sources, { withFileTypes: true }).filter(
      (entry) => entry.name !== 'define' && existsSync(join(sources, entry.name, 'pattern.ts')),
    )
    expect(folders.map((folder) => folder.name).toSorted()).toEqual(names.map(folderOf).toSorted())
  })

  it('have a title, a summary, and nothing that another has too [R1]', () => {
    for (const pattern of patterns) {
      expect(pattern.title).toMatch(/\S/)
      expect(pattern.summary).toMatch(/\.$/)
    }
    for (const names of [
      patterns.flatMap((pattern) => pattern.collections.map((collection) => collection.name)),
      patterns.flatMap((pattern) => pattern.jobs.map((job) => job.name)),
      patterns.flatMap((pattern) => pattern.events.map((event) => event.type)),
      everyRoute.map(([, method, path]) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`),
    ]) {
      expect(new Set(names).size).toBe(names.length)
    }
  })

  it('name their jobs, events and collections by the rules', () => {
    for (const pattern of patterns) {
      for (const job of pattern.jobs) expect(job.name).toMatch(new RegExp(`^${pattern.name}\\.[a-z-]+$`))
      for (const event of pattern.events) expect(event.type).toMatch(/^[a-z]+(\.[a-z_]+)+$/)
      for (const collection of pattern.collections) expect(collection.name).toMatch(/^[a-z]+(-[a-z]+)*$/)
      for (const { version } of [...pattern.jobs, ...pattern.events]) expect(version).toBeGreaterThanOrEqual(1)
    }
  })
})

describe('every route of every pattern', () => {
  it.each(everyRoute)(
    '%s: %s %s has a permission, a form for each part of its input, and a success [R96]',
    (_, method, path, route) => {
      expect(allPermissions).toContain(route.permission)
      expect(route.permission).not.toBe('*')
      // A POST may be a question; the other methods say what they do. Who knows a secret can act with it: reading isn't enough.
      if (route.permission !== 'tenants:admin' && method !== 'POST')
        expect(route.permission.endsWith(':read')).toBe(method === 'GET' && !path.endsWith('/secret'))
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
      const given = Object.fromEntries(named.map((name) => [name, 'value']))
      if (named.length > 0) expect(route.params?.safeParse(given).data).toEqual(given)
      else expect(route.params).toBeUndefined()
      if (method === 'GET') expect(route.body).toBeUndefined()
      // What isn't declared is refused, not ignored: a misspelt field would else change what is meant.
      for (const form of [route.params, route.query])
        if (form) expect(form.safeParse({ ...given, no_such_field: 'x' }).success).toBe(false)
      expect(Object.keys(route.replies).every((status) => status.startsWith('2'))).toBe(true)
      expect(Object.keys(route.replies).length).toBeGreaterThan(0)
      expect(path).toMatch(/^\/api(\/[a-z-]+|\/\{\w+\})+$/)
      expect(route.summary).toMatch(/\.$/)
    },
  )
})

const plain = z.strictObject({ id: z.string() })
const collection = (parts: Partial<CollectionDefinition<{ id: string }, object, string>>) =>
  defineCollection<{ id: string }, object, string>({
    name: 'things',
    schema: 1,
    plain,
    sealed: [],
    lists: {},
    ...parts,
  } as CollectionDefinition<{ id: string }, object, string>)
const list = { order: (fields: { id: string }) => fields.id }

describe('a definition that can not be right', () => {
  const job = defineJob({
    name: 'rag.work',
    version: 1,
    summary: '',
    body: z.object({}),
    concurrency: 1,
    handle: async () => ({ done: true }),
  })
  const event = defineEvent({ type: 'rag.worked', version: 1, summary: '', detail: z.object({}) })
  const route: AnyRoute = defineRoute({
    method: 'GET',
    path: '/api/things',
    permission: 'rag:read',
    summary: '',
    replies: {},
    handle: async () => ({ status: 200 }),
  })
  const things = collection({})
  const base: Pattern = {
    name: 'rag',
    title: 'RAG',
    summary: '',
    collections: [things],
    events: [event],
    jobs: [job],
    routes: [route],
  }

  it.each<[string, Partial<Pattern>, string]>([
    ['collections', { collections: [things, collection({})] }, 'things is defined twice.'],
    ['events', { events: [event, { ...event, version: 2 }] }, 'rag.worked is defined twice.'],
    ['jobs', { jobs: [job, { ...job }] }, 'rag.work is defined twice.'],
    ['routes', { routes: [route, { ...route, permission: 'rag:write' }] }, 'GET /api/things is defined twice.'],
  ])('a pattern with two %s of one name is refused', (_, parts, message) => {
    expect(() => definePattern({ ...base, ...parts })).toThrow(message)
  })

  it('a pattern with routes of one path and two methods is fine', () => {
    expect(definePattern({ ...base, routes: [route, { ...route, method: 'POST' }] }).routes).toHaveLength(2)
  })

  it('a collection with four lists is refused, three are fine', () => {
    expect(collection({ lists: { a: list, b: list, c: list } }).listNames).toEqual(['a', 'b', 'c'])
    expect(() => collection({ lists: { a: list, b: list, c: list, d: list } })).toThrow('things has more than three lists.')
  })

  it('a collection without an upgrade from each older schema is refused', () => {
    const same = (fields: object): object => fields
    expect(() => collection({ schema: 2 })).toThrow('things has no upgrade from schema 1.')
    expect(() => collection({ schema: 3, upgrades: { 1: same } })).toThrow('things has no upgrade from schema 2.')
    expect(() => collection({ schema: 3, upgrades: { 2: same } })).toThrow('things has no upgrade from schema 1.')
    expect(collection({ schema: 3, upgrades: { 1: same, 2: same } }).schema).toBe(3)
  })
})

describe('words for permissions', () => {
  it('are those of the list, and the star [R96]', () => {
    for (const word of [...allPermissions, '*']) expect(isPermission(word)).toBe(true)
    for (const word of [
      '',
      'requests',
      'requests:*',
      '*:read',
      'requests:admin',
      'Requests:read',
      ' requests:read',
      'tenants:read',
    ]) {
      expect(isPermission(word)).toBe(false)
    }
  })
})
