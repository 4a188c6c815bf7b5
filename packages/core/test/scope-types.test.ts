import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** What must not compile in a pattern doesn't; each line below is compiled as core's own sources are, and beside them. */
const root = join(import.meta.dirname, '..', '..', '..')

const prelude = `
import { type AnyRoute, type Caller, count, defineCollection, definePattern, defineRoute, insert, type Platform, type Scope, type TenantId } from '@plinth/core'
import { z } from 'zod'

export interface Note { readonly id: string; readonly created: number }
export interface NoteText { readonly text: string }
export const plain = z.strictObject({ id: z.string(), created: z.number() })
export const notes = defineCollection<Note, NoteText, 'created'>({
  name: 'notes',
  schema: 1,
  plain,
  sealed: ['text'],
  lists: { created: { order: (fields) => String(fields.created) } },
})
export declare const scope: Scope
export declare const platform: Platform
export const answer = { summary: 'Notes.', replies: {}, handle: async () => ({ status: 200 }) }
export type Unused = [AnyRoute, Caller, TenantId, typeof count, typeof definePattern, typeof defineRoute, typeof insert]
`

/** Title → a line of a pattern. */
const compiles: Readonly<Record<string, string>> = {
  'reading and listing the own records': `export const page = [await scope.state.get(notes, { partition: 'a' }), await scope.state.list(notes, 'created', { limit: 10 })]`,
  'inserting plain and sealed fields': `await scope.state.commit({ writes: [insert(notes, { partition: 'a' }, { id: 'a', created: 1 }, { text: 'hush' })] })`,
  'opening a sealed field': `export const text = await (await scope.state.get(notes, { partition: 'a' }))?.open('text')`,
  'reading the own events': `export const events = await scope.state.events({ after: 0, limit: 10, type: 'note.made' })`,
  'keeping an object': `await scope.objects.put('a', new Uint8Array(1))`,
  'a route with a permission': `export const route = defineRoute({ method: 'GET', path: '/api/notes', permission: 'requests:read', ...answer })`,
}

/** Title → a line of a pattern, and what the compiler says of it. */
const refused: Readonly<Record<string, Readonly<Record<string, readonly [code: string, error: RegExp]>>>> = {
  '[G5, X67] a pattern can name no tenant': {
    'in get': [`await scope.state.get(notes, { partition: 'a', tenant: 'other' })`, /TS2353.*'tenant' does not exist/],
    'before get': [`await scope.state.get('other', notes, { partition: 'a' })`, /TS2554/],
    'in list': [`await scope.state.list(notes, 'created', { limit: 1, tenant: 'other' })`, /TS2353.*'tenant' does not exist/],
    'before list': [`await scope.state.list('other', notes, 'created', { limit: 1 })`, /TS2554/],
    'in read': [`export const all = scope.state.read('other', notes, 'a', 'b')`, /TS2554/],
    'in an insert': [
      `insert(notes, { partition: 'a', tenant: 'other' }, { id: 'a', created: 1 })`,
      /TS2353.*'tenant' does not exist/,
    ],
    'in a commit': [`await scope.state.commit({ writes: [], tenant: 'other' })`, /TS2353.*'tenant' does not exist/],
    'by a raw write': [
      `await scope.state.commit({ writes: [{ put: { tenant: 'other', collection: 'notes', partition: 'a', sort: 'a' } }] })`,
      /TS2353.*'put' does not exist/,
    ],
    'in an event': [
      `await scope.state.commit({ writes: [], emit: [{ kind: 'event', type: 'a', version: 1, subject: 'a', detail: {}, tenant: 'other' }] })`,
      /TS2353.*'tenant' does not exist/,
    ],
    'in a job': [
      `await scope.state.commit({ writes: [], emit: [{ kind: 'job', queue: 'a', version: 1, id: 'a', lane: 'normal', body: {}, tenant: 'other' }] })`,
      /TS2353.*'tenant' does not exist/,
    ],
    'in events': [`await scope.state.events({ after: 0, limit: 1, tenant: 'other' })`, /TS2353.*'tenant' does not exist/],
    'in a look-up': [`await scope.state.lookup('other', 'purpose', 'value')`, /TS2554/],
    'in getting an object': [`await scope.objects.get({ tenant: 'other', name: 'a' })`, /TS2345/],
    'in putting an object': [`await scope.objects.put('other', 'a', new Uint8Array(1))`, /TS2554/],
    'in deleting an object': [`await scope.objects.delete('other', 'a')`, /TS2554/],
  },
  '[X58, X67] a scope leads nowhere else': {
    'to the store behind it': [`export const store = scope.state.#store`, /TS18013/],
    'to an adapter': [`export const store = scope.store`, /TS2339/],
    'to the operator': [`export const door = scope.operate()`, /TS2339/],
    'to another caller': [`scope.caller = scope.caller`, /TS2540/],
    'to the maker of callers': [`import { mintCaller } from '@plinth/core'; export { mintCaller }`, /TS(2305|2724).*mintCaller/],
    'by a caller made by hand': [
      `platform.scope({ tenant: 'other', settings: scope.tenant, user: 'me', permissions: new Set(['*']), correlationId: 'a' })`,
      /TS(2322|2345).*(TenantId|Caller)/,
    ],
    'by a caller that was given another tenant': [`platform.scope({ ...scope.caller, tenant: 'other' })`, /TS2322.*'TenantId'/],
    'by a tenant id from a string': [`export const tenant: TenantId = 'other'`, /TS2322.*'TenantId'/],
  },
  '[R105] what is sealed stays sealed': {
    'no field is plain and sealed': [
      `defineCollection<Note & NoteText, NoteText>({ name: 'a', schema: 1, plain: plain.extend({ text: z.string() }), sealed: ['text'], lists: {} })`,
      /Property 'fieldIsPlainAndSealed' is missing/,
    ],
    'no list is ordered by a sealed field': [
      `defineCollection<Note, NoteText, 'text'>({ name: 'a', schema: 1, plain, sealed: ['text'], lists: { text: { order: (fields) => fields.text } } })`,
      /TS2339.*'text' does not exist on type 'Note'/,
    ],
    'no list is grouped by a sealed field': [
      `defineCollection<Note, NoteText, 'id'>({ name: 'a', schema: 1, plain, sealed: ['text'], lists: { id: { group: (fields) => fields.text, order: (fields) => fields.id } } })`,
      /TS2339.*'text' does not exist on type 'Note'/,
    ],
    'a sealed field is opened, not read': [
      `export const text = (await scope.state.get(notes, { partition: 'a' }))?.fields.text`,
      /TS2339.*'text' does not exist/,
    ],
    'a sealed field is not written among the plain ones': [
      `insert(notes, { partition: 'a' }, { id: 'a', created: 1, text: 'hush' })`,
      /TS2353.*'text' does not exist/,
    ],
    'a field must be declared to be sealed': [
      `insert(notes, { partition: 'a' }, { id: 'a', created: 1 }, { title: 'hush' })`,
      /TS2353.*'title' does not exist/,
    ],
    'a list must be declared': [`await scope.state.list(notes, 'text', { limit: 1 })`, /Property 'text' is missing/],
  },
  '[R96] a route says what its caller must hold': {
    'a permission is not forgotten': [
      `export const route = defineRoute({ method: 'GET', path: '/api/notes', ...answer })`,
      /Property 'permission' is missing/,
    ],
    'a permission is one that exists': [
      `export const route = defineRoute({ method: 'GET', path: '/api/notes', permission: 'notes:peek', ...answer })`,
      /TS2322.*"notes:peek"/,
    ],
    'a pattern has one of the five names': [
      `definePattern({ name: 'sixth', title: '', summary: '', collections: [], events: [], jobs: [], routes: [] })`,
      /TS2322.*"sixth"/,
    ],
  },
  'core knows no operating system': {
    process: [`export const home = process.env.HOME`, /TS(2304|2580|2591).*'process'/],
    Buffer: [`export const bytes = Buffer.from('a')`, /TS(2304|2580|2591).*'Buffer'/],
    'node:fs': [`export { readFileSync } from 'node:fs'`, /TS(2307|2591).*'node:fs'/],
    'node:child_process': [`export { spawn } from 'node:child_process'`, /TS(2307|2591).*'node:child_process'/],
  },
}

const directory = mkdtempSync(join(tmpdir(), 'plinth-types-'))
const snippets = new Map<string, { readonly file: string; readonly code: string }>()
for (const [title, code] of Object.entries(compiles)) add(title, code)
for (const [group, lines] of Object.entries(refused))
  for (const [title, [code]] of Object.entries(lines)) add(`${group}: ${title}`, code)
let output = ''

beforeAll(async () => {
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  mkdirSync(join(directory, 'src'))
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  for (const { file, code } of snippets.values()) writeFileSync(join(directory, 'src', file), `${prelude}\n${code}\nexport {}\n`)
  const configuration = {
    extends: join(root, 'packages', 'core', 'tsconfig.json'),
    compilerOptions: {
      noEmit: true,
      composite: false,
      incremental: false,
      tsBuildInfoFile: null,
      isolatedDeclarations: false,
      rootDir: '/',
      noUnusedLocals: false,
    },
    // Core's own declaration of the one built-in that it uses, as its own sources have it.
    files: [
      ...[...snippets.values()].map(({ file }) => `src/${file}`),
      join(root, 'packages', 'core', 'src', 'node-crypto.d.ts'),
    ],
    include: [],
  }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(configuration))
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  output = await new Promise((resolve) => {
    execFile(process.execPath, [compiler, '--pretty', 'false', '-p', directory], { cwd: directory }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
})

afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('what a pattern does compiles', () => {
  for (const title of Object.keys(compiles)) {
    it(title, () => {
      expect(errorsIn(title)).toEqual([])
    })
  }

  it('and so does everything else but what is refused below', () => {
    expect(output.split('\n').filter((line) => /error TS/.test(line) && !line.startsWith('src/snippet-'))).toEqual([])
  })
})

for (const [group, lines] of Object.entries(refused)) {
  describe(group, () => {
    for (const [title, [, error]] of Object.entries(lines)) {
      it(title, () => {
        const errors = errorsIn(`${group}: ${title}`)
        expect(errors[0]).toMatch(error)
        expect(errors).toHaveLength(1)
      })
    }
  })
}

function add(title: string, code: string): void {
  snippets.set(title, { file: `snippet-${snippets.size + 1}.ts`, code })
}

/** What the compiler says of one snippet: an entry an error, with the lines that explain it. */
function errorsIn(title: string): readonly string[] {
  return output
    .split(/\n(?=\S)/)
    .filter((entry) => entry.startsWith(`src/${snippets.get(title)?.file}(`))
    .map((entry) => entry.trim())
}
