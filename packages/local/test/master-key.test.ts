import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { InvalidInputError } from '@plinth/core'
import { systemClock } from '@plinth/outbound'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFile } from '../src/durable-files.ts'
import { loadMasterKey } from '../src/master-key.ts'

const bytes = Uint8Array.from({ length: 32 }, (_, index) => 255 - index * 3)
const forms: readonly string[] = [
  Buffer.from(bytes).toString('base64'),
  Buffer.from(bytes).toString('base64').replace('=', ''),
  Buffer.from(bytes).toString('base64url'),
  Buffer.from(bytes).toString('hex'),
  Buffer.from(bytes).toString('hex').toUpperCase(),
]
let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plinth-master-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function writeKeyFile(content: string, mode = 0o600): string {
  const path = join(directory, 'given.key')
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

describe('the master key', () => {
  it.each(forms)('is taken from PLINTH_MASTER_KEY: %s', (masterKey) => {
    expect(loadMasterKey({ directory, masterKey })).toEqual({ key: bytes, source: 'environment' })
    expect(loadMasterKey({ directory, masterKey: ` ${masterKey}\n` }).key).toEqual(bytes)
    expect(readdirSync(directory)).toEqual([])
  })

  it.each(forms)('is taken from the file of PLINTH_MASTER_KEY_FILE: %s', (text) => {
    const masterKeyFile = writeKeyFile(`${text}\n`, 0o400)
    expect(loadMasterKey({ directory, masterKeyFile })).toEqual({ key: bytes, source: 'file' })
  })

  it.each([
    '',
    ' ',
    'secret',
    'a'.repeat(63),
    'a'.repeat(65),
    'g'.repeat(64),
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(33).toString('base64'),
    Buffer.alloc(16).toString('hex'),
    `${'A'.repeat(42)}B=`,
  ])('of a wrong length or form is refused, and nothing is made: "%s"', (text) => {
    for (const options of [{ masterKey: text }, { masterKeyFile: writeKeyFile(text) }]) {
      const load = (): unknown => loadMasterKey({ directory, ...options })
      expect(load).toThrow(InvalidInputError)
      expect(load).toThrow('masterKey' in options ? /PLINTH_MASTER_KEY .*32 bytes/ : /given\.key .*32 bytes/)
      if (text.trim() !== '') expect(load).not.toThrow(text)
    }
    expect(readdirSync(directory)).toEqual(['given.key'])
  })

  it.each([0o640, 0o604, 0o660, 0o644, 0o610])('in a file that others can read or change is refused: mode %o', (mode) => {
    const path = writeKeyFile(forms[0] ?? '', mode)
    expect(() => loadMasterKey({ directory, masterKeyFile: path })).toThrow(`chmod 600 ${path}`)
    const own = loadMasterKey({ directory })
    chmodSync(join(directory, 'master.key'), mode)
    expect(() => loadMasterKey({ directory })).toThrow('chmod 600')
    chmodSync(join(directory, 'master.key'), 0o600)
    expect(loadMasterKey({ directory })).toEqual(own)
  })

  it('named twice, or in a file that is not there, is refused', () => {
    expect(() => loadMasterKey({ directory, masterKey: forms[0], masterKeyFile: 'x' })).toThrow(/both set/)
    expect(() => loadMasterKey({ directory, masterKeyFile: join(directory, 'none') })).toThrow(
      /PLINTH_MASTER_KEY_FILE names .*none/,
    )
    expect(readdirSync(directory)).toEqual([])
  })

  it('is made once in the data folder, readable by its owner only', () => {
    const data = join(directory, 'not', 'there', 'yet')
    const first = loadMasterKey({ directory: data })
    expect(first.source).toBe('folder')
    expect(first.key).toHaveLength(32)
    expect(statSync(join(data, 'master.key')).mode & 0o777).toBe(0o600)
    expect(statSync(data).mode & 0o777).toBe(0o700)
    expect(loadMasterKey({ directory: data })).toEqual(first)
    expect(readdirSync(data)).toEqual(['master.key'])
    expect(loadMasterKey({ directory: join(directory, 'another') }).key).not.toEqual(first.key)
  })

  it('that was damaged in the data folder is refused, and not made anew', () => {
    loadMasterKey({ directory })
    const path = join(directory, 'master.key')
    writeFileSync(path, '')
    expect(() => loadMasterKey({ directory })).toThrow(/master\.key is not a master key/)
    expect(readFileSync(path, 'utf8')).toBe('')
  })

  it('that another process made meanwhile is left as it is', () => {
    const first = loadMasterKey({ directory })
    createFile(join(directory, 'master.key'), 'a second one, a moment later')
    expect(loadMasterKey({ directory })).toEqual(first)
    expect(readdirSync(directory)).toEqual(['master.key'])
  })

  it('is one when processes start at once', async () => {
    const module = new URL('../src/master-key.ts', import.meta.url).href
    const script = `import { loadMasterKey } from '${module}'
      console.log(Buffer.from(loadMasterKey({ directory: process.argv[1] }).key).toString('hex'))`
    const data = join(directory, 'shared')
    const run = async (): Promise<string> => {
      const options = ['--conditions=@plinth/source', '--input-type=module', '--eval', script, data]
      return (await promisify(execFile)(process.execPath, options)).stdout.trim()
    }
    const keys = await Promise.all(Array.from({ length: 6 }, run))
    expect(new Set(keys)).toEqual(new Set([Buffer.from(loadMasterKey({ directory: data }).key).toString('hex')]))
    expect(readdirSync(data)).toEqual(['master.key'])
  })
})

describe('the system clock', () => {
  it('gives bytes that are never given twice, and plain', () => {
    const seen = new Set<string>()
    for (let turn = 0; turn < 2000; turn++) seen.add(Buffer.from(systemClock.randomBytes(12)).toString('hex'))
    expect(seen.size).toBe(2000)
    for (const length of [0, 1, 32, 511, 512, 513, 5000]) {
      const given = systemClock.randomBytes(length)
      expect(given).toHaveLength(length)
      expect(given.constructor).toBe(Uint8Array)
      expect(given.byteOffset).toBe(0)
      if (length >= 32) expect(given.some((byte) => byte !== 0)).toBe(true)
    }
  })

  it('waits longer than the system can at once, never runs at once, and can be cancelled', () => {
    vi.useFakeTimers()
    try {
      const run = vi.fn()
      const days = 24 * 3_600_000
      const far = systemClock.setTimer(60 * days, run)
      systemClock.setTimer(-5, run)
      expect(run).not.toHaveBeenCalled()
      vi.advanceTimersByTime(1)
      expect(run).toHaveBeenCalledTimes(1)
      vi.advanceTimersByTime(60 * days - 2)
      expect(run).toHaveBeenCalledTimes(1)
      vi.advanceTimersByTime(1)
      expect(run).toHaveBeenCalledTimes(2)
      far.cancel()
      const cancelled = systemClock.setTimer(60 * days, run)
      vi.advanceTimersByTime(40 * days)
      cancelled.cancel()
      cancelled.cancel()
      vi.advanceTimersByTime(40 * days)
      expect(run).toHaveBeenCalledTimes(2)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
