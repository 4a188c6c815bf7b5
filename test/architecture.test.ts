import { patternNames, patterns } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { checkArrows, checkAssertions, checkCoreBuiltIns, checkDoors, checkPatterns, checkRoots } from './architecture/arrows.ts'
import { checkEnvironment, checkNames, checkSizes, checkTime, checkUnfinished } from './architecture/form.ts'
import { checkContracts, checkManifests, checkPatternList } from './architecture/manifests.ts'
import { checkCode, checkOutgoing, checkTokenLibrary } from './architecture/outside.ts'
import { readRepository, type SourceFile, type Violation } from './architecture/source-file.ts'

const repository = readRepository(`${import.meta.dirname}/..`)

/** A fixture: paths with their texts. */
function files(texts: Readonly<Record<string, string>>): readonly SourceFile[] {
  return Object.entries(texts).map(([path, text]) => ({ path, text }))
}

/** A rule, held to by the repository; and shown to find each of its breaches, so that it can't pass by seeing nothing. */
interface Rule {
  readonly words: string
  readonly check: (files: readonly SourceFile[]) => readonly Violation[]
  readonly breaches: Readonly<Record<string, readonly SourceFile[]>>
  /** What comes close to a breach, and is none. */
  readonly allowed?: readonly SourceFile[]
}

const core = 'packages/core/src'
const rules: readonly Rule[] = [
  {
    words: 'packages import along the arrows, and only composition roots import a platform, models or documents',
    check: checkArrows,
    breaches: {
      'core imports a platform': files({ [`${core}/a.ts`]: `import { localPlatform } from '@plinth/local'` }),
      'the server imports the command line': files({ 'packages/server/src/app.ts': `import { Client } from '@plinth/cli'` }),
      'a file of the server that is no root imports models': files({
        'packages/server/src/app.ts': `import {\n  createModels,\n} from '@plinth/models'`,
      }),
      'a dynamic import': files({ 'packages/server/src/app.ts': `const local = await import('@plinth/local')` }),
      'outbound imports a platform': files({ 'packages/outbound/src/a.ts': `import { systemClock } from '@plinth/local'` }),
      'a re-export': files({ [`${core}/index.ts`]: `export * from '@plinth/local'` }),
      'a path into another package': files({ 'packages/local/src/a.ts': `import { x } from '../../core/src/x.ts'` }),
    },
    allowed: files({
      'packages/server/src/node.ts': `import { localPlatform } from '@plinth/local'`,
      'packages/cli/src/main.ts': `import { startServer } from '@plinth/server'`,
      [`${core}/a.ts`]: `/** import { x } from '@plinth/local' */\nimport { y } from './y.ts'`,
    }),
  },
  {
    words: 'a composition root composes something',
    check: checkRoots,
    breaches: {
      'a root that imports no platform': files({ 'packages/server/src/node.ts': `import { serve } from '@hono/node-server'` }),
    },
  },
  {
    words: 'core touches node:crypto in crypto.ts, and nothing else of Node.js',
    check: checkCoreBuiltIns,
    breaches: {
      'another built-in': files({ [`${core}/crypto.ts`]: `import { readFileSync } from 'node:fs'` }),
      'node:crypto elsewhere': files({ [`${core}/ids.ts`]: `import { randomUUID } from 'node:crypto'` }),
      'a declared built-in': files({ [`${core}/node-crypto.d.ts`]: `declare module 'node:fs' {}` }),
    },
    allowed: files({
      [`${core}/crypto.ts`]: `import { createHash } from 'node:crypto'`,
      [`${core}/node-crypto.d.ts`]: `declare module 'node:crypto' {}`,
    }),
  },
  {
    words: '[X58] a caller is minted in two files only, and the door across tenants is known to few',
    check: checkDoors,
    breaches: {
      'another file mints a caller': files({ [`${core}/rag/answer.ts`]: `import { mintCaller } from '../scope/caller.ts'` }),
      'under another name': files({ [`${core}/tenancy/tenant.ts`]: `import { mintCaller as make } from '../scope/caller.ts'` }),
      'the whole file is handed on': files({ [`${core}/index.ts`]: `export * from './scope/caller.ts'` }),
      'a pattern knows the operator': files({
        [`${core}/rag/answer.ts`]: `import type { Operator } from '../scope/operator.ts'`,
      }),
      'a pattern administers tenants': files({
        [`${core}/rag/routes.ts`]: `import type { Administration } from '../tenancy/administration.ts'`,
      }),
      'a pattern has a route of administration': files({
        [`${core}/rag/routes.ts`]: `import { defineAdminRoute, defineRoute } from '../define/route.ts'`,
      }),
    },
    allowed: files({
      [`${core}/worker/host.ts`]: [
        `import { type Caller, mintCaller } from '../scope/caller.ts'`,
        `import type { Operator } from '../scope/operator.ts'`,
      ].join('\n'),
      [`${core}/index.ts`]: `export { type Caller } from './scope/caller.ts'`,
      [`${core}/rag/routes.ts`]: `import { defineRoute } from '../define/route.ts'`,
    }),
  },
  {
    words: '[X58] no caller is made past the compiler',
    check: checkAssertions,
    breaches: {
      'a caller': files({ 'packages/server/src/a.ts': 'const caller = { ...facts } as unknown as Caller' }),
      'a tenant id': files({ [`${core}/rag/answer.ts`]: 'const tenant = body.tenant as TenantId' }),
    },
    allowed: files({ [`${core}/a.ts`]: "import { Visitor as Caller } from './visitor.ts'" }),
  },
  {
    words: '[G5] [X67] patterns hold a scope, and import nothing that reaches past it',
    check: checkPatterns,
    breaches: Object.fromEntries(
      [
        'platform.ts',
        'worker/host.ts',
        'testing/index.ts',
        'scope/operator.ts',
        'scope/data-keys.ts',
        'scope/sealing.ts',
        'tenancy/registry.ts',
        'index.ts',
      ].map((path) => [path, files({ [`${core}/analytics/windows.ts`]: `import { x } from '../${path}'` })]),
    ),
    allowed: files({
      [`${core}/rag/jobs.ts`]: `import type { Lane } from '../ports/queue.ts'\nimport type { Scope } from '../scope/scope.ts'`,
    }),
  },
  {
    words: 'patterns take no port of the relay',
    check: checkPatterns,
    breaches: {
      'the queue': files({ [`${core}/rag/jobs.ts`]: `import type { Lane, Queue } from '../ports/queue.ts'` }),
      'the stream': files({ [`${core}/analytics/a.ts`]: `import type { EventStream } from '../ports/event-stream.ts'` }),
      'the bus': files({ [`${core}/rag/jobs.ts`]: `import { type EventBus } from '../ports/event-bus.ts'` }),
    },
  },
  {
    words: '[G6] every port has a contract of its name, run against the memory platform and the embedded one',
    check: checkContracts,
    breaches: {
      'no contract': files({ [`${core}/ports/event-bus.ts`]: '' }),
      'run against memory only': files({
        [`${core}/ports/event-bus.ts`]: '',
        [`${core}/contracts/event-bus.ts`]: 'export function describeEventBusContract(): void {}',
        'packages/core/test/a.test.ts': `describeEventBusContract('MemoryEventBus', {})`,
        'packages/local/test/a.test.ts': `// describeEventBusContract('LocalEventBus', {})`,
      }),
    },
  },
  {
    words: 'a package declares what it imports, imports what it declares, and pins it',
    check: checkManifests,
    breaches: {
      undeclared: files({
        'packages/a/package.json': '{"name":"@plinth/a"}',
        'packages/a/src/a.ts': `import { z } from 'zod/mini'`,
      }),
      unused: files({ 'packages/a/package.json': '{"name":"@plinth/a","dependencies":{"zod":"4.6.7"}}' }),
      'a range': files({
        'packages/a/package.json': '{"dependencies":{"zod":"^4.6.7"}}',
        'packages/a/src/a.ts': `import { z } from 'zod'`,
      }),
      'another version of ours': files({
        'packages/a/package.json': '{"version":"0.2.0","dependencies":{"@plinth/b":"0.1.0"}}',
        'packages/a/src/a.ts': `import { z } from '@plinth/b'`,
      }),
    },
  },
  {
    words: 'no file is longer than 500 lines',
    check: checkSizes,
    breaches: { 'one line too many': files({ 'packages/a/src/a.ts': 'x\n'.repeat(501) }) },
    allowed: files({ 'packages/a/src/a.ts': 'x\n'.repeat(500), 'package-lock.json': 'x\n'.repeat(900) }),
  },
  {
    words: 'files and folders are kebab-case, and named for what is inside',
    check: checkNames,
    breaches: {
      'camel case': files({ 'packages/a/src/eventBus.ts': '' }),
      'a capital folder': files({ 'packages/a/src/Ports/bus.ts': '' }),
      utils: files({ 'packages/a/src/utils.ts': '' }),
      'a folder of helpers': files({ 'packages/a/test/helpers/clock.ts': '' }),
    },
    allowed: files({ 'packages/a/test/event-bus.test.ts': '', 'packages/a/src/node-crypto.d.ts': '' }),
  },
  {
    words: 'nothing is marked as unfinished',
    check: checkUnfinished,
    breaches: { 'a mark': files({ 'packages/a/src/a.ts': `// ${'TO'}${'DO'}: later` }) },
    allowed: files({ 'packages/a/src/a.ts': 'test.todo' }),
  },
  {
    words: 'the environment is read where the program begins',
    check: checkEnvironment,
    breaches: { 'an adapter reads it': files({ 'packages/local/src/a.ts': 'const { HOME } = process.env' }) },
    allowed: files({ 'packages/cli/src/main.ts': 'process.env', 'packages/local/src/a.ts': '// process.env is not read here' }),
  },
  {
    words: 'connections are opened by few files; what others name is called by the port Outbound [R21]',
    check: checkOutgoing,
    breaches: {
      'a request by fetch': files({ 'packages/server/src/a.ts': 'const answer = await fetch(body.url)' }),
      'a socket': files({ 'packages/local/src/a.ts': `import { connect } from 'node:net'` }),
      'a whole module': files({ 'packages/documents/src/a.ts': `import http from 'node:http'` }),
      'a module when it is used': files({ 'packages/aws/src/a.ts': `const { request } = await import('node:https')` }),
      'another client': files({ 'packages/outbound/src/a.ts': `import { request } from 'undici'` }),
    },
    allowed: files({
      'packages/server/src/a.ts': `import type { IncomingMessage } from 'node:http'\nimport { isIP } from 'node:net'\nthis.fetch(x)`,
    }),
  },
  {
    words: 'no request starts a process, and no data becomes code',
    check: checkCode,
    breaches: {
      'a process': files({ 'packages/server/src/a.ts': `import { exec } from 'node:child_process'` }),
      'a process, imported when it is used': files({ [`${core}/a.ts`]: `await import('node:child_process')` }),
      'a text that is run': files({ [`${core}/a.ts`]: 'const result = eval(text)' }),
      'a text that becomes a function': files({ [`${core}/a.ts`]: `const run = new Function('a', text)` }),
      'a machine for code': files({ 'packages/mcp/src/a.ts': `import { runInNewContext } from 'node:vm'` }),
    },
    allowed: files({ 'packages/server/src/a.ts': '// eval() is not used\nconst value = retrieval(x)' }),
  },
  {
    words: '[X58] tokens are read by one library, in core',
    check: checkTokenLibrary,
    breaches: {
      "hono's own": files({ 'packages/server/src/a.ts': `import { verify } from 'hono/jwt'` }),
      'another one': files({ [`${core}/a.ts`]: `import { verify } from 'jsonwebtoken'` }),
      'the same one elsewhere': files({ 'packages/server/src/a.ts': `import { jwtVerify } from 'jose'` }),
    },
    allowed: files({ [`${core}/tenancy/a.ts`]: `import { jwtVerify } from 'jose'` }),
  },
  {
    words: 'all time and randomness in core and in the functions comes from the Clock',
    check: checkTime,
    breaches: {
      ...Object.fromEntries(
        ['Date.now()', 'Math.random()', 'setTimeout(run, 5)', 'new Date()'].map((text) => [
          text,
          files({ [`${core}/a.ts`]: `const a = ${text}` }),
        ]),
      ),
      'in a function': files({ 'packages/aws/src/handlers/a.ts': 'const a = Date.now()' }),
    },
    allowed: files({ [`${core}/a.ts`]: 'new Date(milliseconds) // not Date.now()', 'packages/local/src/a.ts': 'Date.now()' }),
  },
]

for (const { words, check, breaches, allowed = [] } of rules) {
  describe(words, () => {
    it('holds in the repository', () => {
      expect(check(repository).map(({ path, problem }) => `${path}: ${problem}`)).toEqual([])
    })

    for (const [breach, fixture] of Object.entries(breaches)) {
      it(`finds a breach: ${breach}`, () => {
        expect(check(fixture)).not.toEqual([])
      })
    }

    it('leaves alone what is no breach', () => {
      expect(check(allowed)).toEqual([])
    })
  })
}

describe('[R1] every pattern has a page of its name', () => {
  it('holds in the repository', () => {
    expect(checkPatternList(patterns, patternNames, repository)).toEqual([])
  })

  it('finds a missing page and an unknown name', () => {
    expect(checkPatternList([{ name: 'rag' }], ['rag'], [])).toHaveLength(1)
    expect(checkPatternList([{ name: 'sixth' }], ['rag'], files({ 'docs/patterns/sixth.md': '' }))).toHaveLength(1)
  })
})

it('the rules see the repository', () => {
  expect(repository.filter((file) => file.path.startsWith(core)).length).toBeGreaterThan(50)
})
