import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** What is packed is what others get: it is installed in a project of its own, without our sources, and used there. */
const root = join(import.meta.dirname, '..')
const names = readdirSync(join(root, 'packages'))
const project = mkdtempSync(join(tmpdir(), 'plinth-packed-'))
const run = promisify(execFile)

interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, unknown>>
}

function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest
}

/** `@plinth/core/testing` and the like; worker threads' own entries are for Worker alone, and pages for browsers. */
const entries = names.flatMap((name) => {
  const { name: packageName, exports } = manifestOf(name)
  return Object.keys(exports).map((subpath) => packageName + subpath.slice(1))
})
const pages = ['@plinth/console/site/index.html']
const workers = ['@plinth/local/worker', '@plinth/models/sentence-encoder-worker', '@plinth/documents/worker']

/** One thing that must be there, for each entry. */
const expected: Readonly<Record<string, string>> = {
  '@plinth/core': 'patterns',
  '@plinth/core/contracts': 'describeStateStoreContract',
  '@plinth/core/reading': 'chunkBlocks',
  '@plinth/core/testing': 'FakeClock',
  '@plinth/local': 'localPlatform',
  '@plinth/documents': 'createDocumentReader',
  '@plinth/mcp': 'McpToolSource',
  '@plinth/models': 'createModels',
  '@plinth/outbound': 'GuardedHttp',
  '@plinth/outbound/span-export': 'SpanExport',
  '@plinth/server': 'startServer',
  '@plinth/server/lambda': 'handler',
  '@plinth/cli': 'Client',
  '@plinth/aws': 'awsPlatform',
  '@plinth/aws/environment': 'readAwsEnvironment',
  '@plinth/aws/examine': 'openAccount',
  '@plinth/aws/examine/permissions': 'examineActions',
  '@plinth/aws/handlers/authorizer': 'handler',
  '@plinth/aws/handlers/execution-worker': 'handler',
  '@plinth/aws/handlers/function-log': 'functionLog',
  '@plinth/aws/handlers/function-metrics': 'FunctionMetrics',
  '@plinth/aws/handlers/function-platform': 'functionPlatform',
  '@plinth/aws/handlers/function-spans': 'functionSpans',
  '@plinth/aws/handlers/relay': 'handler',
  '@plinth/aws/handlers/request-worker': 'handler',
  '@plinth/aws/handlers/stream-processor': 'handler',
  '@plinth/aws/handlers/sweeper': 'handler',
  '@plinth/aws/handlers/workflow-worker': 'handler',
  '@plinth/cdk': 'PlinthStack',
}
/** What Lambda's runtime offers to handlers. */
const lambda = 'globalThis.awslambda = { streamifyResponse: (handle) => handle };'

// Neither our export condition nor what npm says of this run may leak in; where its registry is must.
const environment = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(lifecycle|package|command|config_(local_prefix|workspace))|NODE_OPTIONS|VITEST)/i.test(name),
    ),
  ),
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
}
const inProject = { cwd: project, env: environment, maxBuffer: 16 * 1024 * 1024 }

beforeAll(async () => {
  mkdirSync(join(project, 'packed'))
  await run('npm', ['pack', '--workspaces', '--silent', '--pack-destination', join(project, 'packed')], {
    ...inProject,
    cwd: root,
  })
  const tarballs = readdirSync(join(project, 'packed')).map((name) => join(project, 'packed', name))
  expect(tarballs).toHaveLength(names.length)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...tarballs], inProject)
  // What the contracts need of whoever runs them.
  symlinkSync(join(root, 'node_modules', 'vitest'), join(project, 'node_modules', 'vitest'))
})

afterAll(() => rmSync(project, { recursive: true, force: true }))

describe('packed and installed elsewhere', () => {
  it.each(entries.filter((entry) => ![...workers, ...pages].includes(entry)))('%s is imported', async (entry) => {
    const name = expected[entry]
    expect(name, `${entry} needs a line in this test`).toBeDefined()
    const code = `${lambda} const all = await import('${entry}'); console.log(import.meta.resolve('${entry}'), typeof all['${name}'])`
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], inProject)
    expect(stdout).toContain(`${project}/node_modules/${entry.split('/').slice(0, 2).join('/')}/dist/`)
    expect(stdout).not.toContain('undefined')
  })

  it.each([...workers, ...pages])('%s is found', async (entry) => {
    const code = `import { existsSync } from 'node:fs'; console.log(existsSync(new URL(import.meta.resolve('${entry}'))))`
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], inProject)
    expect(stdout.trim()).toBe('true')
  })

  it('every entry has types', async () => {
    const lines = entries
      .filter((entry) => !pages.includes(entry))
      .map(
        (entry, index) =>
          `import * as entry${index} from '${entry}'\nexport const keys${index}: string[] = Object.keys(entry${index})`,
      )
    writeFileSync(join(project, 'use.ts'), lines.join('\n'))
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--lib',
      'es2023,webworker',
      '--skipLibCheck',
      '--types',
      '',
    ]
    await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ...options, 'use.ts'], inProject).catch(
      (error) => expect.fail(error.stdout),
    )
  })

  it('npx plinth runs', async () => {
    const { stdout } = await run('npx', ['--no-install', 'plinth', '--version'], inProject)
    expect(stdout.trim()).toBe(manifestOf('cli').version)
  })
})
