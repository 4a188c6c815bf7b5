import { describe, expect, it } from 'vitest'
import { KeyUnusableError, type Lease } from '../src/index.ts'
import { HostBench, held, workJob } from './host-bench.ts'

const minute = 60_000

describe('the lease of a job', () => {
  it('is renewed for as long as its handler runs: ten minutes, and nobody else gets the job [X7]', async () => {
    const { handle, running, release, leases } = held()
    const bench = await HostBench.open(handle)
    await bench.send()
    await bench.pass(10 * minute)
    expect(running()).toBe(1)
    expect(leases).toHaveLength(1)
    expect(leases[0]?.signal.aborted).toBe(false)
    release()
    await bench.pass(2 * minute)
    expect(leases).toHaveLength(1)
    expect(bench.memory.inner.queue.depth()).toEqual({ ready: 0, delayed: 0, leased: 0 })
    // Nothing is renewed that has ended.
    expect(bench.memory.clock.timers).toBe(0)
    expect(bench.log).toEqual([])
  })

  it('fires its signal when it is lost, and is not renewed any more [X7]', async () => {
    let extended = 0
    const controller = new AbortController()
    const lease: Lease = {
      cutOffs: 0,
      signal: controller.signal,
      extend: async () => {
        extended++
      },
    }
    const { handle, release, leases } = held()
    const job = workJob(handle)
    const bench = await HostBench.open(job.handle)
    const handled = bench.deliver(job, {}, lease)
    await bench.pass(25_000)
    expect(extended).toBe(2)
    controller.abort(new Error('lost'))
    expect(leases[0]?.signal.aborted).toBe(true)
    await bench.pass(5 * minute)
    expect(extended).toBe(2)
    release()
    expect(await handled).toEqual({ done: true })
    expect(bench.memory.clock.timers).toBe(0)
  })

  it('that can not be renewed once is tried again, with a warning', async () => {
    let tries = 0
    const lease: Lease = {
      cutOffs: 0,
      signal: new AbortController().signal,
      extend: () => (++tries === 1 ? Promise.reject(new Error('busy')) : Promise.resolve()),
    }
    const { handle, release } = held()
    const job = workJob(handle)
    const bench = await HostBench.open(job.handle)
    const handled = bench.deliver(job, {}, lease)
    await bench.pass(35_000)
    expect(tries).toBe(3)
    expect(bench.log.map(({ level }) => level)).toEqual(['warn'])
    release()
    await handled
  })

  it('that is lost reaches the handler of every delivery, on the weakest platform', async () => {
    let lost = 0
    const bench = await HostBench.open(
      (_scope, _body, { lease }) =>
        new Promise((resolve) => {
          const timer = bench.memory.clock.setTimer(20_000, () => resolve({ done: true }))
          lease.signal.addEventListener('abort', () => {
            lost++
            timer.cancel()
            resolve({ done: true })
          })
        }),
      { hostile: { loseLease: 0.9 } },
    )
    for (let job = 0; job < 10; job++) await bench.send({ id: `job-${job}` })
    await bench.pass(5 * minute)
    expect(lost).toBeGreaterThan(5)
    bench.memory.hostile.calm()
    await bench.pass(5 * minute)
    expect(bench.memory.inner.queue.depth()).toEqual({ ready: 0, delayed: 0, leased: 0 })
  })
})

describe('a tenant that may not work', () => {
  it('leaves its accepted jobs waiting while it is suspended, and gets them done afterwards', async () => {
    const done: string[] = []
    const bench = await HostBench.open(async ({ caller }, body) => {
      done.push(`${caller.tenant} ${body.id}`)
      return { done: true }
    })
    await bench.registry.setStatus('alpha', 'suspended')
    await bench.send({ body: { id: 'one' } })
    await bench.send({ tenant: 'beta', body: { id: 'two' } })
    await bench.pass(10 * minute)
    expect(done).toEqual(['beta two'])
    await bench.registry.setStatus('alpha', 'active')
    await bench.pass(2 * minute)
    expect(done).toEqual(['beta two', 'alpha one'])
    expect(bench.log).toEqual([])
  })

  it('loses its jobs when it is offboarded', async () => {
    const job = workJob(async () => ({ done: true }))
    const bench = await HostBench.open(job.handle)
    expect(await bench.deliver(job)).toEqual({ done: true })
    await bench.registry.setStatus('alpha', 'offboarded')
    // What the host knows of a tenant is a second old at most.
    await bench.pass(1_000)
    expect(await bench.deliver(job)).toEqual({ dead: 'tenant_gone' })
  })

  it('that is offboarded while its job is at work gives that up, too, and nothing of it is a fault', async () => {
    const { handle, release } = held()
    let isOver = false
    const job = workJob(async (scope, body, context) => {
      await handle(scope, body, context)
      if (isOver) throw new KeyUnusableError('tenant/alpha', 'destroyed')
      return { done: true }
    })
    const bench = await HostBench.open(job.handle)
    const delivered = bench.deliver(job)
    await bench.pass(5_000)
    await bench.registry.setStatus('alpha', 'offboarded')
    await bench.pass(1_000)
    isOver = true
    release()
    expect(await delivered).toEqual({ dead: 'tenant_gone' })
    expect(bench.log.map(({ level, fields }) => [level, fields.reason])).toEqual([['info', 'tenant_gone']])
  })
})

describe('the worker host', () => {
  it('runs as many at a time as the job says, or as it was told instead [X8]', async () => {
    for (const [override, most] of [
      [undefined, 3],
      [7, 7],
      [1, 1],
    ] as const) {
      const { handle, running, release } = held()
      const bench = await HostBench.open(handle, { concurrency: 3, ...(override === undefined ? {} : { override }) })
      for (let job = 0; job < 20; job++) await bench.send({ id: `job-${job}` })
      await bench.pass(1_000)
      expect(running()).toBe(most)
      release()
      await bench.pass(1_000)
      expect(running()).toBe(most)
    }
  })

  it('drains: takes nothing more, and waits for what runs [X75]', async () => {
    const { handle, running, release } = held()
    const bench = await HostBench.open(handle, { concurrency: 2 })
    for (let job = 0; job < 5; job++) await bench.send({ id: `job-${job}` })
    await bench.pass(1_000)
    let drained = false
    const drain = bench.host.drain().then(() => {
      drained = true
    })
    await bench.pass(2 * minute)
    expect([drained, running()]).toEqual([false, 2])
    release()
    await bench.pass(1_000)
    await drain
    expect([drained, running()]).toEqual([true, 0])
    await bench.send({ id: 'late' })
    await bench.pass(5 * minute)
    expect(running()).toBe(0)
    expect(bench.memory.inner.queue.depth()).toEqual({ ready: 4, delayed: 0, leased: 0 })
  })
})
