import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect } from 'vitest'
import { mintToken } from '../../../packages/cli/src/local-identity.ts'
import { blocksOf } from '../../docs/blocks.ts'
import { plinthCommand, root } from '../support/command.ts'
import { type RunningPlinth, serverEnvironment, startPlinth } from '../support/plinth-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const run = promisify(execFile)

/** The server that `$RESTART` started has no parent here, so it is ended by its number. */
const restart = `#!/bin/bash
set -eu
kill "$(cat "$PID_FILE")" 2>/dev/null || true
while curl -s -o /dev/null "$PLINTH_URL/healthz"; do sleep 0.05; done
plinth start --json > "$LOG_FILE" 2>&1 < /dev/null &
echo $! > "$PID_FILE"
until curl -sf -o /dev/null "$PLINTH_URL/readyz"; do kill -0 $!; sleep 0.05; done
`

export const documents: string = join(root, 'docs', 'runbooks')

/** A server on one machine, and somebody who follows runbooks there, each block as it stands on the page. */
export class Practice {
  readonly data: string
  readonly server: RunningPlinth
  readonly #folder: string
  readonly #variables: Record<string, string>

  private constructor(folder: string, server: RunningPlinth, variables: Readonly<Record<string, string>>) {
    this.#folder = folder
    this.data = join(folder, 'data')
    this.server = server
    this.#variables = {
      ...serverEnvironment(this.data, variables),
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      HOME: folder,
      PORT: new URL(server.url).port,
      PLINTH_URL: server.url,
      RESTART: join(folder, 'bin', 'restart'),
      PID_FILE: join(folder, 'pid'),
      LOG_FILE: join(folder, 'log'),
    }
    this.#script('plinth', `#!/bin/sh\nexec ${plinthCommand().join(' ')} "$@"\n`)
    this.#script('restart', restart)
    writeFileSync(join(folder, 'pid'), String(server.process.pid))
  }

  static async start(variables: Readonly<Record<string, string>> = {}): Promise<Practice> {
    const folder = temporaryFolder()
    const practice = new Practice(folder, await startPlinth(join(folder, 'data'), variables), variables)
    afterAll(() => practice.#end())
    return practice
  }

  /** A token of a tenant, with all permissions. */
  token(tenant = 'demo'): Promise<string> {
    return mintToken({ tenant, user: 'ann', permissions: ['*'], lifetime: 3_600 }, { PLINTH_DATA_DIR: this.data })
  }

  /** Runs the blocks of a section; what one sets, the next ones know, as in one shell. @returns what they printed. */
  async follow(page: string, section: string, variables: Readonly<Record<string, string>> = {}): Promise<string> {
    const blocks = [...commandsOf('README', 'Before you begin'), ...commandsOf(page, section)]
    const memory = join(this.#folder, `${page}.sh`)
    const text = [
      'set -a',
      `[ ! -e '${memory}' ] || . '${memory}'`,
      ...blocks,
      `export -p | grep -v ' PATH=' > '${memory}'`,
    ].join('\n')
    const env = { ...this.#variables, ...variables }
    try {
      const { stdout } = await run('bash', ['--norc', '-euo', 'pipefail', '-c', text], {
        cwd: this.#folder,
        env,
        timeout: 120_000,
      })
      return stdout
    } catch (error) {
      const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string }
      return expect.fail(`${page}, ${section}: ${stdout ?? ''}${stderr ?? String(error)}`)
    }
  }

  /** Runs a command beside the pages, as a part of what causes the trouble. */
  async plinth(...words: readonly string[]): Promise<string> {
    const { stdout } = await run('plinth', words, { cwd: this.#folder, env: this.#variables })
    return stdout
  }

  file(name: string, content?: string): string {
    const path = join(this.#folder, name)
    if (content !== undefined) writeFileSync(path, content)
    return path
  }

  #script(name: string, text: string): void {
    mkdirSync(join(this.#folder, 'bin'), { recursive: true })
    writeFileSync(join(this.#folder, 'bin', name), text)
    chmodSync(join(this.#folder, 'bin', name), 0o755)
  }

  #end(): void {
    try {
      process.kill(Number(readFileSync(join(this.#folder, 'pid'), 'utf8')), 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
}

/** The blocks of a section that are there to be run. @throws Error for a page that lacks the section. */
export function commandsOf(page: string, section: string): readonly string[] {
  const text = readFileSync(join(documents, `${page}.md`), 'utf8')
  const [, part] = text.split(`\n## ${section}\n`)
  if (part === undefined) throw new Error(`${page}.md has no section "${section}".`)
  return blocksOf(page, part.split('\n## ')[0] ?? '')
    .filter(({ language }) => language === 'bash')
    .map(({ code }) => code)
}
