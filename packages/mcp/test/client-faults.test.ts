import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, LogFields } from '@plinth/core'
import { FakeClock } from '@plinth/core/testing'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { openSource, signal, small } from './support/open-source.ts'
import { isAlive } from './support/processes.ts'
import { recordedLog } from './support/recorded-log.ts'

const call = { key: 'k', signal }
const faulty = small('faults')

describe('a server that dies', () => {
  it('in mid-call fails that call, which is made once, and is started again for the next', async () => {
    const folder = temporaryFolder()
    const note = join(folder, 'note')
    const source = openSource({ s: faulty })
    expect((await source.call('alpha', 's.count', {}, call)).text).toBe('1')
    const others = source.call('alpha', 's.wait', {}, call)
    const fault = { code: 'tool_server_lost', retryable: false }
    await expect(source.call('alpha', 's.die', { note }, call)).rejects.toMatchObject(fault)
    await expect(others).rejects.toMatchObject(fault)
    expect(await readFile(note, 'utf8')).toBe('called\n')
    expect((await source.call('alpha', 's.count', {}, call)).text).toBe('1')
  })

  it("doesn't take with it what it said last", async () => {
    const source = openSource({ s: faulty })
    expect((await source.call('alpha', 's.last-words', {}, call)).text).toBe('the last')
  })

  it('again and again is started again later and later, until it lives for a minute', async () => {
    const clock = new FakeClock()
    const waits: unknown[] = []
    const log = {
      ...recordedLog(),
      debug: ({ wait }: LogFields) => {
        waits.push(wait)
        setImmediate(() => void clock.advance(Number(wait)))
      },
    }
    const source = openSource({ s: faulty }, { clock, log })
    const die = async (): Promise<void> => {
      await expect(source.call('alpha', 's.die', {}, call)).rejects.toMatchObject({ code: 'tool_server_lost' })
    }
    for (let round = 0; round < 8; round++) await die()
    expect(waits).toEqual([0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000])
    await source.call('alpha', 's.count', {}, call)
    await clock.advance(61_000)
    waits.length = 0
    for (let round = 0; round < 3; round++) await die()
    expect(waits).toEqual([0, 1_000])
  })
})

describe('a server that ended, after which the clock went back', () => {
  it('is started within half a minute nevertheless', async () => {
    const fake = new FakeClock()
    let skew = 0
    const clock: Clock = {
      now: () => fake.now() + skew,
      random: () => fake.random(),
      randomBytes: (length) => fake.randomBytes(length),
      setTimer: (delay, run) => fake.setTimer(delay, run),
    }
    const waits: unknown[] = []
    const log = {
      ...recordedLog(),
      debug: ({ wait }: LogFields) => {
        waits.push(wait)
        setImmediate(() => void fake.advance(Number(wait)))
      },
    }
    const source = openSource({ s: faulty }, { clock, log })
    for (let round = 0; round < 2; round++)
      await expect(source.call('alpha', 's.die', {}, call)).rejects.toMatchObject({ code: 'tool_server_lost' })
    skew = -3_600_000
    expect((await source.call('alpha', 's.count', {}, call)).text).toBe('1')
    expect(waits).toEqual([0, 0, 30_000])
  })
})

describe('a server that does not start', () => {
  it.each([
    ['no such program', { command: '/nowhere/no-such-program' }],
    ['it ends at once', small('broken')],
    ['it speaks another version', small('wrong-version')],
  ])('%s', async (_, entry) => {
    const log = recordedLog()
    const source = openSource({ s: entry }, { log })
    const refused = { code: 'tool_server_unavailable', retryable: true }
    await expect(source.list('alpha', ['s.*'], signal)).rejects.toMatchObject(refused)
    await expect(source.call('alpha', 's.say', { text: 'SECRET' }, call)).rejects.toMatchObject(refused)
    expect(log.lines).toContainEqual(['An MCP server could not be started.', expect.objectContaining({ server: 's' })])
    expect(JSON.stringify(log.lines)).not.toContain('SECRET')
  })

  it.each([
    ['a server', small('broken'), { stderr: 'The configuration of this server is broken.\n', exit: 1 }],
    // It may be gone before the first message to it is written.
    ['a shell', { command: 'sh', args: ['-c', 'echo No such package. >&2; exit 3'] }, { stderr: 'No such package.\n', exit: 3 }],
  ])('tells whoever runs Plinth what it wrote, and how it ended: %s', async (_, entry, fields) => {
    for (let time = 0; time < 5; time++) {
      const log = recordedLog()
      await openSource({ s: entry }, { log })
        .list('alpha', ['s.*'], signal)
        .catch(() => {})
      expect(log.lines).toContainEqual([expect.any(String), expect.objectContaining(fields)])
    }
  })

  it('is given up after its time', async () => {
    const source = openSource({ s: small('silent', { startTimeout: 0.3 }) })
    await expect(source.list('alpha', ['s.*'], signal)).rejects.toMatchObject({ code: 'tool_server_unavailable' })
  })

  it('and whoever waits for it may leave before', async () => {
    const source = openSource({ s: small('silent') })
    const stop = new AbortController()
    const waiting = source.list('alpha', ['s.*'], stop.signal)
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    const calling = source.call('alpha', 's.say', {}, { key: '', signal: AbortSignal.any([stop.signal]) })
    await expect(calling).rejects.toThrow('enough')
  })

  it.each(['picky', 'mute'])('at a question of the newer revision is asked in the older one: %s', async (mode) => {
    const source = openSource({ s: small(mode) })
    expect((await source.call('alpha', 's.say', { text: 'hello' }, call)).text).toBe('hello')
  })
})

describe('a tool that hangs', () => {
  it('is left at its time, its server is told, and others go on', async () => {
    const source = openSource({ s: small('faults', { timeout: 0.4 }) })
    await source.list('alpha', ['s.*'], signal)
    const started = Date.now()
    const waiting = source.call('alpha', 's.wait', {}, call)
    expect((await source.call('alpha', 's.count', {}, call)).text).toBe('1')
    await expect(waiting).rejects.toMatchObject({ code: 'tool_timeout', retryable: false })
    expect(Date.now() - started).toBeLessThan(5_000)
    expect((await source.call('alpha', 's.what-was-cancelled', {}, call)).text).toMatch(/^\[".+"\]$/)
    expect((await source.call('alpha', 's.count', {}, call)).text).toBe('2')
  })

  it('is told of a cancellation', async () => {
    const source = openSource({ s: faulty })
    await source.list('alpha', ['s.*'], signal)
    const stop = new AbortController()
    const waiting = source.call('alpha', 's.wait', {}, { key: 'k', signal: stop.signal })
    await source.call('alpha', 's.count', {}, call)
    stop.abort(new Error('The run was cancelled.'))
    await expect(waiting).rejects.toThrow('The run was cancelled.')
    expect((await source.call('alpha', 's.what-was-cancelled', {}, call)).text).toContain('The run was cancelled.')
  })

  it('with all of its server is left with it, for a new one', async () => {
    const source = openSource({ s: small('faults', { timeout: 1 }) })
    const pid = Number((await source.call('alpha', 's.pid', {}, call)).text)
    await expect(source.call('alpha', 's.block', {}, call)).rejects.toMatchObject({ code: 'tool_timeout' })
    expect((await source.call('alpha', 's.count', {}, call)).text).toBe('1')
    await source.close()
    expect(await isAlive(pid)).toBe(false)
  })
})

describe('what a server says too much of', () => {
  it('is cut with a note', async () => {
    const source = openSource({ s: faulty })
    const { text, failed } = await source.call('alpha', 's.long', {}, call)
    expect(failed).toBe(false)
    expect(text.length).toBeLessThan(100_100)
    expect(text).toMatch(/^w+\n\[The answer was longer: the rest was cut off\.\]$/)
  })

  it('is not kept past 8 MB, and the session goes on', async () => {
    const source = openSource({ s: faulty })
    await source.call('alpha', 's.count', {}, call)
    for (const name of ['s.huge', 's.id-last', 's.hundred-megabytes'])
      await expect(source.call('alpha', name, {}, call), name).rejects.toMatchObject({ code: 'tool_answer_too_large' })
    expect((await source.call('alpha', 's.count', {}, call)).text).toBe('2')
  })

  it('ends the session where it belongs to no call', async () => {
    const source = openSource({ s: faulty })
    await expect(source.call('alpha', 's.no-id', {}, call)).rejects.toMatchObject({ code: 'tool_server_lost' })
    expect((await source.call('alpha', 's.count', {}, call)).text).toBe('1')
  })

  it('on standard error is read and forgotten, whatever it is', async () => {
    const log = recordedLog()
    const source = openSource({ s: faulty }, { log })
    const before = process.memoryUsage().rss
    expect((await source.call('alpha', 's.flood', {}, call)).text).toBe('after the flood')
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
    await source.close()
    expect(JSON.stringify(log.lines)).not.toContain('SECRET')
  })

  it('is passed over where it is no message, or asks for what is not given', async () => {
    const source = openSource({ s: faulty })
    expect((await source.call('alpha', 's.junk', {}, call)).text).toBe('after the junk')
  })

  it('is given even where it is not what it said that it would be', async () => {
    const source = openSource({ s: faulty })
    expect(await source.call('alpha', 's.unstructured', {}, call)).toEqual({ text: 'not as it said', failed: false })
  })

  it('about a call is not told, and a result that is none fails it', async () => {
    const source = openSource({ s: faulty })
    for (const name of ['s.refuse', 's.malformed', 's.deep']) {
      const error = await source.call('alpha', name, {}, call).catch((caught) => caught)
      expect(error, name).toMatchObject({ code: 'tool_failed' })
      expect(error.message).not.toContain('SECRET')
    }
    expect((await source.call('alpha', 's.count', {}, call)).text).toBe('1')
  })
})

describe('lists of tools', () => {
  it('are read to their last page, and again after they changed', async () => {
    const source = openSource({ s: faulty })
    const before = await source.list('alpha', ['s.*'], signal)
    expect(before.length).toBeGreaterThan(20)
    await source.call('alpha', 's.more', {}, call)
    await expect
      .poll(async () => (await source.list('alpha', ['s.*'], signal)).map(({ name }) => name))
      .toEqual([...before.map(({ name }) => name), 's.extra-0'])
    expect((await source.call('alpha', 's.extra-0', {}, call)).text).toBe('extra-0')
  })

  it('are read again where nobody says that they changed, after a while or once the clock was set back', async () => {
    const clock = new FakeClock()
    const source = openSource({ s: faulty }, { clock })
    const extras = async (): Promise<readonly string[]> =>
      (await source.list('alpha', ['s.*'], signal)).map(({ name }) => name).filter((name) => name.startsWith('s.extra'))
    await source.call('alpha', 's.more-unsaid', {}, call)
    expect(await extras()).toEqual([])
    clock.jump(clock.now() + 300_000)
    expect(await extras()).toEqual(['s.extra-0'])
    await source.call('alpha', 's.more-unsaid', {}, call)
    clock.jump(clock.now() - 3_600_000)
    expect(await extras()).toEqual(['s.extra-0', 's.extra-1'])
  })

  it('without an end are not read', async () => {
    const source = openSource({ s: small('endless') })
    await expect(source.list('alpha', ['s.*'], signal)).rejects.toMatchObject({ code: 'tool_failed' })
  })
})
