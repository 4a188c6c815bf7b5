import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PlinthError } from '@plinth/core'
import { describeKeyServiceContract } from '@plinth/core/contracts'
import { FakeClock } from '@plinth/core/testing'
import { systemClock } from '@plinth/outbound'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LocalKeyService } from '../src/local-key-service.ts'
import { mountSmall, noMount } from './small-disk.ts'

const clock = new FakeClock()
const masterKey = new Uint8Array(32).fill(7)
const dataKey = new Uint8Array(32).fill(9)
const context = { tenant_id: 'acme' }
let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plinth-keys-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describeKeyServiceContract('LocalKeyService', {
  create: async () => {
    const own = mkdtempSync(join(tmpdir(), 'plinth-keys-'))
    const make = (): LocalKeyService => new LocalKeyService({ directory: own, masterKey, clock })
    return { port: make(), clock, reopen: async () => make(), dispose: async () => rmSync(own, { recursive: true, force: true }) }
  },
})

const open = (options: { readonly masterKey?: Uint8Array; readonly readOnly?: boolean } = {}): LocalKeyService =>
  new LocalKeyService({ directory, masterKey, clock, ...options })
const path = (): string => join(directory, 'keyring.json')

function thrown(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

describe('the keyring file', () => {
  it('is readable by its owner only, and holds no key in the open', async () => {
    const keys = open()
    await keys.ensure('alias/a')
    await keys.rotate('alias/a')
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    expect(readdirSync(directory)).toEqual(['keyring.json'])
    // The fake clock's bytes are known: make them again, and look for them.
    const again = new FakeClock()
    const text = readFileSync(path(), 'utf8')
    const made = Array.from({ length: 4000 }, () => again.randomBytes(1)[0] ?? 0)
    for (let start = 0; start + 32 <= made.length; start++) {
      expect(text.includes(Buffer.from(made.slice(start, start + 24)).toString('base64'))).toBe(false)
    }
  })

  it('is refused when it was cut off, and never written over', async () => {
    const keys = open()
    await keys.ensure('alias/a')
    const whole = readFileSync(path())
    for (const length of [0, 1, 10, 100, Math.floor(whole.byteLength / 2), whole.byteLength - 3]) {
      writeFileSync(path(), whole.subarray(0, length))
      for (const readOnly of [false, true])
        expect(
          thrown(() => open({ readOnly })),
          String(length),
        ).toMatchObject({ code: 'keyring_damaged' })
      for (const call of [
        () => keys.ensure('alias/b'),
        () => keys.wrap('alias/a', dataKey, context),
        () => keys.destroy('alias/a'),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'keyring_damaged' })
      }
      expect(readFileSync(path())).toEqual(whole.subarray(0, length))
    }
    writeFileSync(path(), whole)
    await keys.wrap('alias/a', dataKey, context)
  })

  it('is refused with any byte changed', async () => {
    const keys = open()
    await keys.ensure('alias/a')
    await keys.disable('alias/a')
    const whole = readFileSync(path())
    for (let index = 0; index < whole.byteLength - 1; index++) {
      const changed = Buffer.from(whole)
      changed[index] = (changed[index] ?? 0) ^ 1
      writeFileSync(path(), changed)
      const error = thrown(() => open())
      // White space may change; nothing else.
      if (error === undefined) expect(JSON.parse(changed.toString())).toEqual(JSON.parse(whole.toString()))
      else expect(PlinthError.is(error) && error.code, `byte ${index}`).toMatch(/^(keyring_damaged|master_key_wrong)$/)
    }
    writeFileSync(path(), whole.toString().replace('disabled', 'enabled'))
    expect(thrown(() => open())).toMatchObject({ code: 'keyring_damaged' })
  })

  it.each(['{}', 'null', '[]', '3', '{"version":2}', '{"version":1,"check":"","keys":null,"mac":""}'])(
    'is refused as %s',
    (text) => {
      writeFileSync(path(), text)
      expect(PlinthError.is(thrown(() => open()))).toBe(true)
      expect(readFileSync(path(), 'utf8')).toBe(text)
    },
  )

  it('that goes away under a running service is not replaced by an empty one', async () => {
    const keys = open()
    await keys.ensure('alias/a')
    unlinkSync(path())
    await expect(keys.ensure('alias/a')).rejects.toMatchObject({ code: 'keyring_damaged' })
    await expect(keys.ensure('alias/b')).rejects.toMatchObject({ code: 'keyring_damaged' })
    expect(readdirSync(directory)).toEqual([])
  })

  it('under another master key is refused, with nothing changed', async () => {
    await open().ensure('alias/a')
    writeFileSync(join(directory, 'keyring.json.1-0-1.new'), 'left by a crash')
    writeFileSync(join(directory, 'master.key.1-0-2.new'), 'left by another')
    const before = readFileSync(path())
    const error = thrown(() => open({ masterKey: new Uint8Array(32).fill(8) }))
    expect(error).toMatchObject({ name: 'InvalidInputError', code: 'master_key_wrong' })
    expect(String(error)).toContain('PLINTH_MASTER_KEY')
    expect(readFileSync(path())).toEqual(before)
    expect(readdirSync(directory)).toEqual(['keyring.json', 'keyring.json.1-0-1.new', 'master.key.1-0-2.new'])
    // The right key starts, and clears what the crash left.
    expect(await open().describe('alias/a')).toMatchObject({ state: 'enabled' })
    expect(readdirSync(directory)).toEqual(['keyring.json'])
  })
})

describe('destroying', () => {
  it('removes the material from the file and overwrites what the file held', async () => {
    const keys = open()
    await keys.ensure('alias/a')
    await keys.rotate('alias/a')
    await keys.ensure('alias/b')
    const before = JSON.parse(readFileSync(path(), 'utf8'))
    expect(before.keys['alias/a'].materials).toHaveLength(2)
    const old = openSync(path(), 'r')
    expect(await keys.destroy('alias/a')).toEqual({ irrecoverableAt: clock.now() })
    const text = readFileSync(path(), 'utf8')
    for (const { sealed } of before.keys['alias/a'].materials) expect(text).not.toContain(sealed)
    expect(text).toContain(before.keys['alias/b'].materials[0].sealed)
    expect(readFileSync(old).every((byte) => byte === 0)).toBe(true)
    closeSync(old)
  })

  it('leaves a hard link alone, as a backup may have made it', async () => {
    const keys = open()
    await keys.ensure('alias/a')
    const before = readFileSync(path())
    linkSync(path(), join(directory, 'backup.json'))
    await keys.destroy('alias/a')
    expect(readFileSync(join(directory, 'backup.json'))).toEqual(before)
  })
})

describe('a second process that only reads', () => {
  it('sees keys, generations and states that come later, and writes nothing', async () => {
    const reader = open({ readOnly: true })
    expect(readdirSync(directory)).toEqual([])
    await expect(reader.wrap('alias/a', dataKey, context)).rejects.toMatchObject({ code: 'key_absent' })
    const writer = open()
    await writer.ensure('alias/a')
    const first = await writer.wrap('alias/a', dataKey, context)
    expect(await reader.unwrap('alias/a', first, context)).toEqual(dataKey)
    await writer.rotate('alias/a')
    const second = await writer.wrap('alias/a', dataKey, context)
    expect(await reader.unwrap('alias/a', second, context)).toEqual(dataKey)
    expect(await writer.unwrap('alias/a', await reader.wrap('alias/a', dataKey, context), context)).toEqual(dataKey)
    const before = readFileSync(path())
    expect(await reader.ensure('alias/a')).toMatchObject({ generation: 2 })
    await expect(reader.ensure('alias/b')).rejects.toMatchObject({ code: 'read_only' })
    for (const call of ['rotate', 'disable', 'destroy'] as const) {
      await expect(reader[call]('alias/a'), call).rejects.toMatchObject({ code: 'read_only' })
    }
    expect(readFileSync(path())).toEqual(before)
    await writer.disable('alias/a')
    await expect(reader.unwrap('alias/a', first, context)).rejects.toMatchObject({ code: 'key_disabled' })
    await writer.destroy('alias/a')
    await expect(reader.unwrap('alias/a', first, context)).rejects.toMatchObject({ code: 'key_destroyed' })
  })

  it('always finds a whole keyring while the first one changes it', async () => {
    const writer = open()
    await writer.ensure('alias/a')
    await writer.ensure('alias/gone')
    const wrapped = await writer.wrap('alias/a', dataKey, context)
    const child = start(
      `
      const keys = new LocalKeyService({ ...options, readOnly: true })
      for (let turn = 0; ; turn++) {
        await keys.unwrap('alias/a', Buffer.from('${Buffer.from(wrapped).toString('hex')}', 'hex'), { tenant_id: 'acme' })
        if (turn % 100 === 0) console.log((await keys.describe('alias/a')).generation)
        if (turn % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      `,
    )
    const generations = new Set<string>()
    for await (const line of child.lines) {
      // It reads on and on; the next changes come when it has seen the last.
      if (generations.has(line) || generations.size === 20) continue
      generations.add(line)
      await writer.ensure(`alias/new-${line}`)
      await writer.rotate('alias/a')
      await writer.destroy(`alias/new-${line}`)
      if (generations.size === 20) child.kill()
    }
    expect(await child.ended).toEqual([null, 'SIGKILL'])
    expect(generations.size).toBe(20)
  })
})

describe('faults', () => {
  it('a full disk is storage_full, and the keyring stays as it was', async ({ skip }) => {
    const disk = mountSmall(directory, '64k')
    if (!disk) return skip(noMount)
    try {
      const keys = open()
      await keys.ensure('alias/a')
      const wrapped = await keys.wrap('alias/a', dataKey, context)
      const room = fill(join(directory, 'filler'))
      const before = readFileSync(path())
      await expect(keys.ensure('alias/b')).rejects.toMatchObject({ code: 'storage_full', retryable: true })
      await expect(keys.destroy('alias/a')).rejects.toMatchObject({ code: 'storage_full' })
      expect(readFileSync(path())).toEqual(before)
      expect(await keys.unwrap('alias/a', wrapped, context)).toEqual(dataKey)
      expect(await keys.describe('alias/b')).toBeUndefined()
      room()
      expect(readdirSync(directory)).toEqual(['keyring.json'])
      expect(await keys.ensure('alias/b')).toMatchObject({ generation: 1 })
    } finally {
      disk.unmount()
    }
  })

  it('what was acknowledged before a kill is there after it', async () => {
    await open().ensure('alias/a')
    let generation = 1
    for (const lines of [1, 5, 17]) {
      const child = start(
        `
        const keys = new LocalKeyService(options)
        await keys.ensure('alias/a')
        for (;;) console.log((await keys.rotate('alias/a')).generation)
        `,
      )
      let seen = 0
      for await (const line of child.lines) {
        generation = Number(line)
        if (++seen === lines) child.kill()
      }
      await child.ended
      const kept = await open().describe('alias/a')
      expect(kept?.generation).toBeGreaterThanOrEqual(generation)
      expect(readdirSync(directory)).toEqual(['keyring.json'])
    }
  })

  it('hundreds of keys may be made at once', async () => {
    const keys = new LocalKeyService({ directory, masterKey, clock: systemClock })
    await Promise.all(Array.from({ length: 300 }, (_, index) => keys.ensure(`alias/tenant-${index}-key`)))
    const again = new LocalKeyService({ directory, masterKey, clock: systemClock, readOnly: true })
    for (let index = 0; index < 300; index++)
      expect(await again.describe(`alias/tenant-${index}-key`)).toMatchObject({ generation: 1 })
  })
})

/** Takes the rest of the disk; what it returns gives it back. */
function fill(file: string): () => void {
  thrown(() => writeFileSync(file, Buffer.alloc(1_000_000)))
  return () => unlinkSync(file)
}

/** Runs a script in a process of its own, with the data folder's `options`. */
function start(script: string): { lines: AsyncIterable<string>; ended: Promise<unknown[]>; kill(): void } {
  const source = new URL('../src/', import.meta.url).href
  const head = `
    import { LocalKeyService } from '${source}local-key-service.ts'
    import { systemClock } from '@plinth/outbound'
    const options = { directory: process.argv[1], masterKey: new Uint8Array(32).fill(7), clock: systemClock }
  `
  const child = spawn(
    process.execPath,
    ['--conditions=@plinth/source', '--input-type=module', '--eval', head + script, directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  return { lines: createInterface({ input: child.stdout }), ended: once(child, 'close'), kill: () => void child.kill('SIGKILL') }
}
