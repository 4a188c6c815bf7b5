import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { mountSmall, noMount } from '../../packages/local/test/small-disk.ts'
import { hashFiles } from './support/files.ts'
import { PlinthProcess, serverEnvironment, startPlinth } from './support/plinth-process.ts'
import { accept, reach, show } from './support/requests.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const grant = { tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 600 }
const oneKey = Buffer.alloc(32, 1).toString('base64')
const otherKey = Buffer.alloc(32, 2).toString('hex')

async function refused(folder: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const started = new PlinthProcess(['start'], { environment: serverEnvironment(folder, environment) })
  const exit = await started.exited
  expect(exit, started.stderr).toEqual({ code: 1, signal: null })
  expect(started.stderr, 'words, not a stack').not.toMatch(/\n\s+at /)
  expect(started.stdout).toBe('')
  return started.stderr
}

describe('what keeps it from starting is said in words', () => {
  it('[X75] a bad variable: its name, and nothing is made', async () => {
    const bad: readonly (readonly [string, string])[] = [
      ['PORT', 'abc'],
      ['PORT', '70000'],
      ['PORT', '-1'],
      ['PORT', '1.5'],
      ['PLINTH_PLATFORM', 'elsewhere'],
      ['PLINTH_WORKER', 'maybe'],
      ['PLINTH_LOG_LEVEL', 'loud'],
      ['PLINTH_MODEL', 'nothing'],
      ['PLINTH_SCRIPTED_LATENCY_MS', 'soon'],
      ['PLINTH_SCRIPTED_LATENCY_MS', '-5'],
      ['PLINTH_SCRIPTED_FAILURE_RATE', '2'],
    ]
    await Promise.all(
      bad.map(async ([name, value]) => {
        const folder = join(temporaryFolder(), 'data')
        expect(await refused(folder, { [name]: value })).toContain(name)
        expect(existsSync(folder)).toBe(false)
      }),
    )
  })

  it('a bad host: its name', async () => {
    expect(await refused(temporaryFolder(), { PLINTH_HOST: 'no-such-host.invalid' })).toContain('PLINTH_HOST')
    expect(await refused(temporaryFolder(), { PLINTH_HOST: '203.0.113.7' })).toContain('PLINTH_HOST')
  })

  it('a bad master key: where it came from', async () => {
    const folder = temporaryFolder()
    const open = join(folder, 'open.key')
    writeFileSync(open, oneKey)
    chmodSync(open, 0o644)
    expect(await refused(join(folder, 'a'), { PLINTH_MASTER_KEY: 'short' })).toContain('PLINTH_MASTER_KEY')
    expect(await refused(join(folder, 'b'), { PLINTH_MASTER_KEY_FILE: join(folder, 'none') })).toContain('PLINTH_MASTER_KEY_FILE')
    expect(await refused(join(folder, 'c'), { PLINTH_MASTER_KEY_FILE: open })).toContain('chmod 600')
    expect(await refused(join(folder, 'd'), { PLINTH_MASTER_KEY: oneKey, PLINTH_MASTER_KEY_FILE: open })).toMatch(/both set/)
  })

  it('a port in use', async () => {
    const listener = createServer()
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const { port } = listener.address() as { port: number }
    const folder = temporaryFolder()
    expect(await refused(folder, { PORT: String(port) })).toContain(`Port ${port} is in use`)
    listener.close()
    // The folder is free again.
    await startPlinth(folder)
  })

  it('a data folder that is a file', async () => {
    const path = join(temporaryFolder(), 'file')
    writeFileSync(path, '')
    expect(await refused(path, {})).toContain(path)
  })

  it('a data folder that can only be read', async ({ skip }) => {
    const folder = temporaryFolder()
    const disk = mountSmall(folder, '16m')
    if (!disk) return skip(noMount)
    try {
      disk.makeReadOnly()
      expect(await refused(folder, {})).toContain(folder)
      expect(await refused(join(folder, 'below'), {})).toContain(join(folder, 'below'))
    } finally {
      disk.unmount()
    }
  })
})

describe('[R106] the master key', () => {
  it('another one: refused, nothing changed, and the right one still opens everything', async () => {
    const folder = temporaryFolder()
    const first = await startPlinth(folder, { PLINTH_MASTER_KEY: oneKey })
    const token = await mintToken(grant, { PLINTH_DATA_DIR: folder, PLINTH_MASTER_KEY: oneKey })
    const id = await accept(first, token, { prompt: 'sealed' })
    const { result } = await reach(first, token, id, 'completed')
    await first.process.stop()
    const before = hashFiles(folder)
    expect(Object.keys(before)).not.toContain('master.key')
    expect(await refused(folder, { PLINTH_MASTER_KEY: otherKey })).toMatch(/master key/i)
    expect(hashFiles(folder)).toEqual(before)
    expect(await refused(folder, {})).toMatch(/master key/i)
    expect(hashFiles(folder)).toEqual(before)
    const again = await startPlinth(folder, { PLINTH_MASTER_KEY: oneKey })
    expect((await show(again, token, id)).result).toEqual(result)
  })

  it('from a file outside: no key lies in the folder, and it outlives a kill', async () => {
    const outside = join(temporaryFolder(), 'plinth.key')
    writeFileSync(outside, `${oneKey}\n`, { mode: 0o600 })
    const folder = temporaryFolder()
    const environment = { PLINTH_MASTER_KEY_FILE: outside }
    const first = await startPlinth(folder, environment)
    const token = await mintToken(grant, { PLINTH_DATA_DIR: folder, ...environment })
    const id = await accept(first, token, { prompt: 'sealed' })
    await reach(first, token, id, 'completed')
    await first.process.kill()
    expect(readdirSync(folder)).not.toContain('master.key')
    const again = await startPlinth(folder, environment)
    expect((await show(again, token, id)).result?.text).toMatch(/\S/)
  })

  it('made in the folder: for its owner only, as the folder is', async () => {
    const folder = join(temporaryFolder(), 'data')
    await startPlinth(folder)
    expect(statSync(join(folder, 'master.key')).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })
})
