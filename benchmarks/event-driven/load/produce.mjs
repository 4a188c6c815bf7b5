/** Handing in, and waiting until it is worked. @module */
import { randomUUID } from 'node:crypto'
import { promptOf } from '../harness/sizes.mjs'

const limitMilliseconds = 300_000

/** Runs `work` for the numbers 0 to count - 1, at most so many at a time, until they are through or `enough` says so. */
export async function inParallel(count, width, work, enough = () => false) {
  let next = 0
  const lane = async () => {
    while (next < count && !enough()) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane))
  return next
}

/**
 * Producers that each hand in one request, wait until it is durable, and hand in the next, all under keys of their own.
 * @param options.seconds stops them early.
 * @returns how many were handed in, how long that took, and each one's wait (milliseconds).
 */
export async function produce(contender, { count, producers, seconds = Number.POSITIVE_INFINITY, tenant = 'demo', lane }) {
  const waits = []
  const began = performance.now()
  const submitted = await inParallel(
    count,
    producers,
    async (number) => {
      const key = randomUUID()
      const prompt = promptOf(number)
      const at = performance.now()
      await contender.submit({ key, prompt, tenant, lane })
      waits.push(performance.now() - at)
    },
    () => performance.now() - began > seconds * 1000,
  )
  return { submitted, waits, milliseconds: performance.now() - began }
}

/** Counts what is finished, and lets one wait for it. */
export class Completions {
  #waiting = new Set()
  #counts = new Map()
  total = 0

  /** Call with the tenant whose request is finished. */
  done = (tenant) => {
    this.total++
    this.#counts.set(tenant, this.of(tenant) + 1)
    for (const waiting of this.#waiting) {
      if (waiting.count() < waiting.target) continue
      this.#waiting.delete(waiting)
      waiting.resolve(performance.now())
    }
  }

  of(tenant) {
    return this.#counts.get(tenant) ?? 0
  }

  /** @returns when so many were finished (of one tenant, if given), as performance.now() tells it. @throws Error after five minutes. */
  reached(target, tenant) {
    const count = tenant === undefined ? () => this.total : () => this.of(tenant)
    if (count() >= target) return Promise.resolve(performance.now())
    return new Promise((resolve, reject) => {
      const overdue = setTimeout(() => reject(new Error(`Only ${count()} of ${target} were finished.`)), limitMilliseconds)
      this.#waiting.add({
        target,
        count,
        resolve: (at) => {
          clearTimeout(overdue)
          resolve(at)
        },
      })
    })
  }
}
