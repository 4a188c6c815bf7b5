import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { runPlinth } from './support/plinth-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const run = promisify(execFile)

/** As in a shell of somebody's own; where npm's registry is must be known. */
const environment = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(lifecycle|package|command|config_(local_prefix|workspace))|NODE_|VITEST|PLINTH_|AWS_)/i.test(name),
    ),
  ),
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
}

/** What a made project says when it does that. */
async function npm(folder: string, ...words: readonly string[]): Promise<string> {
  const options = { cwd: folder, env: { ...environment, TMPDIR: dirname(folder) }, maxBuffer: 16 * 1024 * 1024 }
  const { stdout } = await run('npm', words, options).catch((error) => expect.fail(`${words}: ${error.stdout}${error.stderr}`))
  return stdout
}

/** Starts a made project as npm does, and stops it. @returns the status of its readiness, and its exit code. */
async function startAndStop(folder: string): Promise<readonly [number, number]> {
  const child = spawn(join(folder, 'node_modules', '.bin', 'node'), ['src/app.ts'], {
    cwd: folder,
    env: { ...environment, PORT: '0', PLINTH_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const exited = once(child, 'exit')
    const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), exited])
    const url = /^Listening on (\S+),/.exec(String(line))?.[1]
    if (url === undefined) throw new Error(`The project ended with ${line} before it listened.`)
    const { status } = await fetch(`${url}/readyz`)
    child.kill('SIGTERM')
    const [code] = await exited
    return [status, code]
  } finally {
    child.kill('SIGKILL')
  }
}

/** What is in the template of a project, by the kinds that only one pattern makes. */
function madeFor(folder: string): readonly string[] {
  const { Resources } = JSON.parse(readFileSync(join(folder, 'cdk.out', 'Plinth.template.json'), 'utf8')) as {
    Resources: Record<string, { Type: string }>
  }
  const types = new Set(Object.values(Resources).map(({ Type }) => Type))
  const kinds = ['AWS::DynamoDB::Table', 'AWS::Kinesis::Stream', 'AWS::StepFunctions::StateMachine', 'AWS::WAFv2::WebACL']
  return kinds.filter((kind) => types.has(kind))
}

// Side by side: most of the time goes to npm and to bundling, which use a core each.
describe.concurrent('what plinth init makes', () => {
  it.each([
    {
      options: [],
      passing: 6,
      kinds: ['AWS::DynamoDB::Table', 'AWS::Kinesis::Stream', 'AWS::StepFunctions::StateMachine', 'AWS::WAFv2::WebACL'],
    },
    { options: ['--patterns', 'rag'], passing: 2, kinds: ['AWS::DynamoDB::Table'] },
  ])('is installed, type-checked, tested, started and synthesised: $options', async ({ options, passing, kinds }) => {
    const folder = join(temporaryFolder(), 'made')
    const made = await runPlinth(['init', folder, ...options])
    expect([made.exit.code, made.stderr]).toEqual([0, ''])
    await npm(folder, 'install', '--no-audit', '--no-fund', '--prefer-offline')
    await npm(folder, 'run', 'types')
    expect(await npm(folder, 'test', '--silent')).toMatch(new RegExp(`pass ${passing}\\n[\\s\\S]*fail 0\\n`))
    expect(await startAndStop(folder)).toEqual([200, 0])
    await npm(folder, 'run', 'synth')
    expect(madeFor(folder)).toEqual(kinds)
    // What handlers are bundled in goes with the process.
    expect(readdirSync(dirname(folder)).filter((name) => name.startsWith('plinth-'))).toEqual([])
  })
})
