import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { plinthCommand } from './support/command.ts'
import { hashFiles } from './support/files.ts'
import { PlinthProcess, type StartLine, serverEnvironment, startPlinth } from './support/plinth-process.ts'
import { accept, reach } from './support/requests.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const grant = { tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 600 }

/** Starts where it can't, and gives how it ended. */
async function startRefused(folder: string): Promise<PlinthProcess> {
  const started = new PlinthProcess(['start'], { environment: serverEnvironment(folder) })
  await until('its end', () => started.exit, { within: 20_000 })
  return started
}

describe('one server per data folder', () => {
  it('a second one is refused with words, and the first is undisturbed', async () => {
    const folder = temporaryFolder()
    const first = await startPlinth(folder)
    const token = await mintToken(grant, { PLINTH_DATA_DIR: folder })
    const before = await accept(first, token, { prompt: 'before' })
    const second = await startRefused(folder)
    expect(second.exit).toEqual({ code: 1, signal: null })
    expect(second.stderr).toContain(`Another Plinth uses the data folder ${folder}`)
    expect(second.stderr).not.toMatch(/\n\s+at /)
    expect(second.stdout).not.toContain('listens')
    expect(first.process.exit).toBeUndefined()
    for (const id of [before, await accept(first, token, { prompt: 'after' })]) await reach(first, token, id, 'completed')
  })

  it('of ten at once, one starts', async () => {
    const folder = temporaryFolder()
    const started = Array.from(
      { length: 10 },
      () => new PlinthProcess(['start', '--json'], { environment: serverEnvironment(folder) }),
    )
    await until('nine refusals', () => started.filter((one) => one.exit).length === 9, { within: 30_000 })
    const winner = started.find((one) => !one.exit)
    await until('its line', () => winner?.stdout.includes('"url"'), { within: 20_000 })
    for (const one of started) {
      if (one === winner) continue
      const { error } = JSON.parse(one.stdout) as { error: { code: string; message: string } }
      expect([one.exit?.code, error.code]).toEqual([1, 'folder_in_use'])
    }
    expect((await winner?.stop())?.code).toBe(0)
  })

  it('kill -9 frees it at once', async () => {
    const folder = temporaryFolder()
    for (let round = 0; round < 3; round++) {
      const server = await startPlinth(folder)
      await server.process.kill()
    }
    expect((await (await startPlinth(folder)).process.stop()).code).toBe(0)
  })

  it('kill -9 frees it also when nobody takes notice of the death (a zombie)', async () => {
    const folder = temporaryFolder()
    // The shell becomes sleep, which never waits for the server that the shell began.
    const [program = '', ...args] = plinthCommand()
    const parent = spawn('/bin/sh', ['-c', '"$0" "$@" & exec sleep 300', program, ...args, 'start', '--json'], {
      env: { ...process.env, ...serverEnvironment(folder) },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      let output = ''
      parent.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
      const line = await until('its line', () => output.includes('\n') && output, { within: 20_000 })
      const { pid } = JSON.parse(line) as StartLine
      process.kill(pid, 'SIGKILL')
      const state = (): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] ?? ''
      if (process.platform === 'linux') await until('a zombie', () => state() === 'Z')
      const next = await startPlinth(folder)
      if (process.platform === 'linux') expect(state()).toBe('Z')
      expect((await next.process.stop()).code).toBe(0)
    } finally {
      parent.kill('SIGKILL')
    }
  })
})

describe('a file that is not for this version', () => {
  it('a newer one is refused and left as it is', async () => {
    const folder = temporaryFolder()
    await (await startPlinth(folder)).process.stop()
    const path = join(folder, 'plinth.db')
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    const before = hashFiles(folder)
    const refused = await startRefused(folder)
    expect(refused.exit?.code).toBe(1)
    expect(refused.stderr).toMatch(/written by a newer version of Plinth/)
    expect(refused.stderr).not.toMatch(/\n\s+at /)
    expect(hashFiles(folder)['plinth.db']).toBe(before['plinth.db'])
    const token = new PlinthProcess(['token', '--tenant', 'demo'], { environment: { PLINTH_DATA_DIR: folder } })
    expect((await token.exited).code).toBe(1)
    expect(token.stderr).toMatch(/newer version/)
    expect(hashFiles(folder)['plinth.db']).toBe(before['plinth.db'])
  })

  it.each<[string, (path: string) => void]>([
    [
      'a database of something else',
      (path) => {
        const database = new DatabaseSync(path)
        database.exec("CREATE TABLE precious(text); INSERT INTO precious VALUES ('mine')")
        database.close()
      },
    ],
    ['a file that is no database', (path) => writeFileSync(path, 'Dear diary, this is no database at all. '.repeat(100))],
  ])('%s is refused and left as it is', async (_, make) => {
    const folder = temporaryFolder()
    make(join(folder, 'plinth.db'))
    const before = hashFiles(folder)['plinth.db']
    const refused = await startRefused(folder)
    expect(refused.exit?.code).toBe(1)
    expect(refused.stderr).toMatch(/is not a database of Plinth/)
    expect(refused.stderr).not.toMatch(/\n\s+at /)
    expect(hashFiles(folder)['plinth.db']).toBe(before)
    expect(existsSync(join(folder, 'plinth.db-wal'))).toBe(false)
  })
})
