import { expect } from 'vitest'
import type { EventStream } from '../ports/event-stream.ts'
import type { Promises, Subject } from './contract.ts'
import { appendAll, keptAll, streamBench } from './event-stream-bench.ts'
import { quiet, until } from './settling.ts'

const nothingOutlives = 'nothing outlives the process'

/** What comes again when everything is opened anew. */
async function afterReopening(
  subject: Subject<EventStream>,
  tenant: string,
  partition: string,
  last: string,
): Promise<readonly string[]> {
  await subject.reopen?.()
  const worker = streamBench(subject, [tenant])
  await appendAll(subject, tenant, partition, [last])
  await until(subject, () => worker.firsts(partition).includes(last), `${last} came`)
  await worker.drain()
  return worker.firsts(partition)
}

/** What keeping, forgetting and ending promise. */
export const streamKeepingPromises: Promises<EventStream> = {
  'after a new start deliveries go on behind the last kept': async (subject, skip) => {
    if (!subject().reopen) skip(nothingOutlives)
    const worker = streamBench(subject(), ['resumes'])
    await appendAll(subject(), 'resumes', 'resumes', ['a', 'b'])
    await worker.reached(2, 'resumes')
    await worker.drain()
    expect(await afterReopening(subject(), 'resumes', 'resumes', 'c')).toEqual(['c'])
    expect(await afterReopening(subject(), 'resumes', 'resumes', 'd')).toEqual(['d'])
  },

  'after a new start all comes again, in order, that was not kept': async (subject, skip) => {
    if (!subject().reopen) skip(nothingOutlives)
    let kept: string | undefined
    const worker = streamBench(subject(), ['again'], ({ entries, texts }) => {
      if (texts.includes('a')) kept = entries[texts.indexOf('a')]?.sequence
      return kept === undefined ? {} : { kept }
    })
    await appendAll(subject(), 'again', 'again', ['a', 'b', 'c'])
    await worker.reached(3, 'again')
    const texts = await afterReopening(subject(), 'again', 'again', 'd')
    expect(texts.slice(texts.indexOf('b'))).toEqual(['b', 'c', 'd'])
  },

  'drain ends what runs, offers what is not kept, and delivers no more': async (subject) => {
    const go = Promise.withResolvers<void>()
    const ended: string[] = []
    const worker = streamBench(subject(), ['drains'], async (delivery) => {
      if (delivery.keepNow) return keptAll(delivery)
      if (delivery.partition === 'slow') await go.promise
      ended.push(...delivery.texts)
      return {}
    })
    await appendAll(subject(), 'drains', 'slow', ['a'])
    await appendAll(subject(), 'drains', 'quick', ['b'])
    await worker.reached(1, 'slow')
    await worker.reached(1, 'quick')
    await quiet(subject())
    let drained = false
    const draining = worker.consumption.drain().then(() => {
      drained = true
    })
    await quiet(subject())
    expect(drained).toBe(false)
    await appendAll(subject(), 'drains', 'quick', ['late'])
    go.resolve()
    await until(subject(), () => drained, 'drained')
    await draining
    expect(ended).toContain('a')
    const offers = worker.deliveries.filter(({ keepNow }) => keepNow).map(({ partition }) => partition)
    expect(offers.toSorted()).toEqual(['quick', 'slow'])
    await quiet(subject())
    expect(worker.firsts('quick')).toEqual(['b'])
    const next = streamBench(subject(), ['drains'])
    await until(subject(), () => next.firsts('quick').includes('late'), 'it comes with the next consumption')
    await next.drain()
  },

  'remove forgets a partition, or all of a tenant, and nothing else': async (subject) => {
    for (const tenant of ['removed', 'removed-2'])
      for (const partition of ['one', 'one-2', 'two']) await appendAll(subject(), tenant, partition, ['before'])
    await subject().port.remove('removed', 'one')
    const worker = streamBench(subject(), ['removed', 'removed-2'], () => ({}))
    await worker.reached(1, 'one-2')
    await worker.reached(1, 'two')
    for (const partition of ['one', 'one-2', 'two']) await worker.reached(1, partition, 'removed-2')
    expect(worker.firsts('one')).toEqual([])
    await appendAll(subject(), 'removed', 'one', ['after'])
    await worker.reached(1, 'one')
    expect(worker.firsts('one')).toEqual(['after'])
    await worker.drain()
    await subject().port.remove('removed')
    await subject().port.remove('never-there')
    await subject().reopen?.()
    const next = streamBench(subject(), ['removed', 'removed-2'])
    for (const partition of ['one', 'one-2', 'two']) await next.reached(1, partition, 'removed-2')
    await appendAll(subject(), 'removed', 'two', ['anew'])
    await next.reached(1, 'two')
    expect(next.deliveries.filter(({ tenant }) => tenant === 'removed').flatMap(({ texts }) => [...new Set(texts)])).toEqual([
      'anew',
    ])
    await next.drain()
  },

  'trim lets go of what is kept and of before, and of nothing else': async (subject) => {
    const { port, clock } = subject()
    const worker = streamBench(subject(), ['trims'], (delivery) => (delivery.partition === 'kept' ? keptAll(delivery) : {}))
    await appendAll(subject(), 'trims', 'kept', ['a', 'b'])
    await appendAll(subject(), 'trims', 'taken', ['c', 'd'])
    await worker.reached(2, 'kept')
    await worker.reached(2, 'taken')
    await worker.drain()
    const now = clock?.now() ?? Date.now()
    const trim = async (before: number): Promise<number> => {
      let trimmed = 0
      for (let some = await port.trim(before); some > 0; some = await port.trim(before)) trimmed += some
      return trimmed
    }
    expect(await trim(now - 365 * 24 * 3_600_000)).toBe(0)
    await trim(now + 1)
    await subject().reopen?.()
    const next = streamBench(subject(), ['trims'])
    await next.reached(2, 'taken')
    await appendAll(subject(), 'trims', 'kept', ['e'])
    await until(subject(), () => next.firsts('kept').includes('e'), 'what came later is there')
    expect(next.firsts('taken').slice(0, 2)).toEqual(['c', 'd'])
    await next.drain()
  },
}
