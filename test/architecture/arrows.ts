/** Who may import whom: between packages, and within core. @module */
import { codeOf, importsOf, packageOf, resolveImport, type SourceFile, sourcesOf, type Violation } from './source-file.ts'

/** What each package may import of ours. Roots may also import platforms, models, documents and mcp. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  core: [],
  outbound: ['core'],
  local: ['core', 'outbound'],
  aws: ['core', 'outbound'],
  models: ['core'],
  documents: ['core'],
  mcp: ['core'],
  console: [],
  server: ['core'],
  cli: ['core', 'server', 'aws/environment'],
  cdk: ['core', 'aws/environment'],
}

const composed = ['local', 'aws', 'models', 'documents', 'mcp', 'outbound', 'console']

/** Where platform, models and documents are joined to the rest, and nowhere else. */
const compositionRoots: readonly RegExp[] = [
  /^packages\/server\/src\/(node|open-platform)\.ts$/,
  /^packages\/server\/src\/lambda\.ts$/,
  /^packages\/cli\/src\/local-identity\.ts$/,
  /^packages\/cli\/src\/(commands\/(advise|backup|doctor)|doctor\/[a-z-]+)\.ts$/,
  // Types alone: what the two commands hand on.
  /^packages\/cli\/src\/(backup-words|checks\/patient)\.ts$/,
  /^packages\/aws\/src\/handlers\/function-platform\.ts$/,
]

/** Which loads cdk, when it is used. */
const synthesisers = [/^packages\/cli\/src\/commands\/(synth|init)\.ts$/]

const isRoot = (path: string): boolean => compositionRoots.some((form) => form.test(path))

/** Imports between packages follow the arrows, and only composition roots reach a platform. */
export function checkArrows(files: readonly SourceFile[]): readonly Violation[] {
  return sourcesOf(files).flatMap((file) => {
    const from = packageOf(file.path)
    return importsOf(file).flatMap(({ specifier }): Violation[] => {
      const inside = resolveImport(file.path, specifier)
      if (inside !== undefined) {
        return inside.startsWith(`packages/${from}/src/`)
          ? []
          : [{ path: file.path, problem: `leaves its package by ${specifier}` }]
      }
      const to = /^@plinth\/(.+)$/.exec(specifier)?.[1]
      if (to === undefined) return []
      const [target = ''] = to.split('/')
      if (target === from || arrows[from]?.includes(target) || arrows[from]?.includes(to)) return []
      if (isRoot(file.path) && composed.includes(target)) return []
      if (target === 'cdk' && synthesisers.some((form) => form.test(file.path))) return []
      return [{ path: file.path, problem: `may not import ${specifier}` }]
    })
  })
}

/** A root on the list that composes nothing is a hole that nobody needs. */
export function checkRoots(files: readonly SourceFile[]): readonly Violation[] {
  return sourcesOf(files)
    .filter((file) => isRoot(file.path))
    .filter((file) => !importsOf(file).some(({ specifier }) => composed.some((name) => specifier.startsWith(`@plinth/${name}`))))
    .map((file) => ({ path: file.path, problem: 'is on the list of composition roots, and composes nothing' }))
}

/** Core touches node:crypto in crypto.ts, and nothing else of Node.js. */
export function checkCoreBuiltIns(files: readonly SourceFile[]): readonly Violation[] {
  return sourcesOf(files)
    .filter((file) => packageOf(file.path) === 'core')
    .flatMap((file): Violation[] => [
      ...importsOf(file)
        .filter(
          ({ specifier }) =>
            specifier.startsWith('node:') && !(specifier === 'node:crypto' && file.path === 'packages/core/src/crypto.ts'),
        )
        .map(({ specifier }) => ({ path: file.path, problem: `may not import ${specifier}` })),
      ...[...file.text.matchAll(/^declare module '([^']+)'/gm)]
        .filter(([, name]) => name !== 'node:crypto' || file.path !== 'packages/core/src/node-crypto.d.ts')
        .map(([, name]) => ({ path: file.path, problem: `may not declare ${name}` })),
    ])
}

interface Door {
  readonly target: string
  /** Only imports of this name count; absent: any import of the file. */
  readonly name?: string
  readonly open: readonly RegExp[]
}

const doors: readonly Door[] = [
  {
    target: 'packages/core/src/scope/caller.ts',
    name: 'mintCaller',
    open: [/^packages\/core\/src\/tenancy\/authenticate\.ts$/, /^packages\/core\/src\/worker\/host\.ts$/],
  },
  {
    target: 'packages/core/src/scope/operator.ts',
    open: [/^packages\/core\/src\/(worker|tenancy|testing)\//, /^packages\/core\/src\/(platform|index)\.ts$/],
  },
  {
    target: 'packages/core/src/tenancy/administration.ts',
    open: [/^packages\/core\/src\/tenancy\//, /^packages\/core\/src\/(define\/route|index)\.ts$/],
  },
  {
    target: 'packages/core/src/define/route.ts',
    name: 'defineAdminRoute',
    open: [/^packages\/core\/src\/tenancy\//, /^packages\/core\/src\/index\.ts$/],
  },
]

/** A caller is minted in two files, and the operator's door is known to few. */
export function checkDoors(files: readonly SourceFile[]): readonly Violation[] {
  return sourcesOf(files).flatMap((file) =>
    importsOf(file).flatMap(({ specifier, names }): Violation[] => {
      const target = resolveImport(file.path, specifier)
      const door = doors.find((one) => one.target === target)
      // Core's door must not be opened to everyone by a re-export of the whole file either.
      const taken = door && (door.name === undefined || names.includes(door.name) || names.length === 0)
      if (!taken || door.open.some((form) => form.test(file.path))) return []
      return [{ path: file.path, problem: `may not import ${door.name ?? 'anything'} from ${door.target}` }]
    }),
  )
}

/** Nor is one made past the compiler: the types that only a verified token opens are asserted where callers are minted. */
export function checkAssertions(files: readonly SourceFile[]): readonly Violation[] {
  return sourcesOf(files)
    .filter(
      (file) =>
        file.path !== 'packages/core/src/scope/caller.ts' && /\bas\s+(Caller|TenantId)\b(?!\s*[,}])/.test(codeOf(file.text)),
    )
    .map((file) => ({ path: file.path, problem: 'asserts that something is a Caller or a TenantId' }))
}

const patternFolders = /^packages\/core\/src\/(event-driven|subscribers|rag|multi-agent|analytics)\//
const closedToPatterns = ['platform.ts', 'index.ts', 'worker/', 'testing/', 'contracts/']
  .concat(['operator', 'data-keys', 'sealing'].map((name) => `scope/${name}.ts`))
  .concat(
    ['registry', 'issuer', 'authenticate', 'virtual-keys', 'configure', 'offboard', 'export'].map((name) => `tenancy/${name}.ts`),
  )
  .concat(['tenancy/audit/', 'tenancy/identity/'])
  .map((path) => `packages/core/src/${path}`)
/** Of these ports a pattern may take types and words, never the port itself. */
const portsOfTheRelay: Readonly<Record<string, string>> = {
  'ports/queue.ts': 'Queue',
  'ports/event-bus.ts': 'EventBus',
  'ports/event-stream.ts': 'EventStream',
  'ports/operations.ts': 'Operations',
}

/** A pattern holds a scope; what reaches across tenants, or past the scope, is closed to it. */
export function checkPatterns(files: readonly SourceFile[]): readonly Violation[] {
  return sourcesOf(files)
    .filter((file) => patternFolders.test(file.path))
    .flatMap((file) =>
      importsOf(file).flatMap(({ specifier, names }): Violation[] => {
        const target = resolveImport(file.path, specifier) ?? specifier
        if (closedToPatterns.some((path) => target.startsWith(path)))
          return [{ path: file.path, problem: `may not import ${specifier}` }]
        const port = portsOfTheRelay[target.replace('packages/core/src/', '')]
        return port !== undefined && names.includes(port) ? [{ path: file.path, problem: `may not import the port ${port}` }] : []
      }),
    )
}
