import { describe, expect, it } from 'vitest'
import { UnavailableError } from '../src/index.ts'
import { HostBench, held, type LogLine, workJob } from './host-bench.ts'

const minute = 60_000
const canary = 'CANARY of a prompt'

describe("a job's handler", () => {
  it("gets the scope of its job's tenant, the body, and the correlation of what caused it [R11, X18, X67]", async () => {
    const seen: unknown[] = []
    const bench = await HostBench.open(async ({ caller, tenant }, body, { job }) => {
      seen.push([caller.tenant, tenant.tenant_id, caller.user, caller.permissions.size, caller.correlationId, body, job.id])
      return { done: true }
    })
    await bench.send({ tenant: 'alpha', id: 'a', correlationId: 'c-1', body: { id: 'one' } })
    await bench.send({ tenant: 'beta', id: 'b', correlationId: 'c-2', body: { id: 'two' } })
    await bench.pass(1_000)
    expect(seen).toEqual([
      ['alpha', 'alpha', 'worker', 0, 'c-1', { id: 'one' }, 'a'],
      ['beta', 'beta', 'worker', 0, 'c-2', { id: 'two' }, 'b'],
    ])
    expect(bench.memory.inner.queue.depth()).toEqual({ ready: 0, delayed: 0, leased: 0 })
    expect(bench.log).toEqual([])
  })

  it.each([
    ['another form', { body: { id: 1 } }],
    ['more than its form', { body: { id: 'one', more: true } }],
    ['nothing in it', { body: {} }],
    ['a newer version', { version: 4 }],
    ['a version from long ago', { version: 1 }],
  ])(
    'is not called for a job with %s: it waits for a process that can read it, and that is logged without its content [X11, X12]',
    async (_, parts) => {
      const { handle, running } = held()
      const job = workJob(handle)
      const bench = await HostBench.open(job.handle)
      expect(await bench.deliver(job, parts)).toEqual({ retryAt: bench.memory.clock.now() + minute })
      await bench.send({ body: { id: canary }, ...parts })
      await bench.pass(3 * minute + 30_000)
      expect(running()).toBe(0)
      expect(bench.memory.inner.queue.depth()).toEqual({ ready: 0, delayed: 1, leased: 0 })
      expect(bench.log.map(({ level, fields }) => [level, fields.job_id, fields.tenant_id])).toEqual(
        Array.from({ length: 5 }, () => ['error', 'job-1', 'alpha']),
      )
      expect(JSON.stringify(bench.log)).not.toContain('CANARY')
    },
  )

  it.each(['nobody', '_system', 'Alpha', '../alpha'])(
    'is not called for a job of the tenant %j, which is not there: it is given up [X12, X60, X67]',
    async (tenant) => {
      const { handle, running } = held()
      const job = workJob(handle)
      const bench = await HostBench.open(job.handle)
      expect(await bench.deliver(job, { tenant })).toEqual({ dead: 'tenant_gone' })
      await bench.send({ tenant })
      await bench.pass(minute)
      expect(running()).toBe(0)
      expect(bench.memory.inner.queue.depth()).toEqual({ ready: 0, delayed: 0, leased: 0 })
      expect(bench.log.map(({ level, fields }) => [level, fields.reason])).toEqual([
        ['info', 'tenant_gone'],
        ['info', 'tenant_gone'],
      ])
    },
  )

  it.each([2, 3])('accepts a body of version %d: its own, and the one before', async (version) => {
    const job = workJob(async () => ({ done: true }))
    const bench = await HostBench.open(job.handle)
    expect(await bench.deliver(job, { version })).toEqual({ done: true })
  })

  it('that throws is called again a moment later, until it succeeds [R19, X11]', async () => {
    const times: number[] = []
    const bench = await HostBench.open(async () => {
      times.push(bench.memory.clock.now())
      if (times.length < 4) throw new TypeError(canary)
      return { done: true }
    })
    await bench.send()
    await bench.pass(4 * minute)
    expect(times).toHaveLength(4)
    for (let index = 1; index < 4; index++) {
      const wait = (times[index] ?? 0) - (times[index - 1] ?? 0)
      expect(wait).toBeGreaterThanOrEqual(1_000)
      expect(wait).toBeLessThanOrEqual(minute)
    }
    expect(bench.memory.inner.queue.depth()).toEqual({ ready: 0, delayed: 0, leased: 0 })
  })

  it.each([
    [
      'an error of its own',
      () => new TypeError(`${canary}\n    at a line of the CANARY\n    at CANARY (file:///x.ts:1:2)`),
      'internal',
      'TypeError',
    ],
    ['an error with a cause', () => new Error('x', { cause: new Error(canary) }), 'internal', 'Error'],
    ['what JSON.parse says', () => parsing(`${canary} {`), 'internal', 'SyntaxError'],
    ['a text', () => canary, 'internal', 'string'],
    ['nothing', () => undefined, 'internal', 'undefined'],
    ['an object', () => ({ prompt: canary }), 'internal', 'object'],
    [
      'an error of ours',
      () => new UnavailableError('no_answer', 'No answer.', { cause: new Error(canary) }),
      'no_answer',
      undefined,
    ],
  ])('that throws %s is logged by code and place, without what it said [X19, X64]', async (_, make, code, name) => {
    const job = workJob(() => Promise.reject(make()))
    const bench = await HostBench.open(job.handle)
    const now = bench.memory.clock.now()
    const outcome = await bench.deliver(job, { tenant: 'beta', correlationId: 'c-1', body: { id: canary } })
    expect(outcome).toEqual({ retryAt: expect.any(Number) as number })
    if ('retryAt' in outcome) expect(outcome.retryAt).toBeGreaterThan(now)
    expect(bench.log).toHaveLength(1)
    const { level, fields }: LogLine = bench.log[0] ?? { level: '', fields: {}, message: '' }
    expect(level).toBe('error')
    expect(fields).toMatchObject({ queue: 'rag.work', job_id: 'job-1', tenant_id: 'beta', correlation_id: 'c-1', code })
    expect((fields.fault as { name: string } | undefined)?.name).toBe(name)
    const said = JSON.stringify(bench.log, (_key, value: unknown) =>
      value instanceof Error ? { message: value.message, stack: value.stack } : value,
    )
    expect(said).not.toContain('CANARY')
    if (name === 'TypeError') expect(said).toContain('host.test.ts')
  })

  it('that throws before it waits is no different: the host never throws itself', async () => {
    const job = workJob(() => {
      throw new Error(canary)
    })
    const bench = await HostBench.open(job.handle)
    expect(await bench.deliver(job)).toHaveProperty('retryAt')
  })

  it('that gives its job up is believed, and its reason is logged [X11]', async () => {
    const bench = await HostBench.open(async () => ({ dead: 'not_worth_it' }))
    await bench.send()
    await bench.pass(5 * minute)
    expect(bench.log.map(({ fields }) => [fields.reason, fields.tenant_id])).toEqual([['not_worth_it', 'alpha']])
  })
})

function parsing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return error
  }
}
