import type { Job } from '@plinth/core'
import { afterEach, describe, expect, it } from 'vitest'
import { quiet, until } from '../../core/src/contracts/settling.ts'
import { SqliteSubject } from './sqlite-subject.ts'

const subject = new SqliteSubject()
afterEach(() => subject.dispose())

describe('a job that falls due while its commit is on its way to the disk', () => {
  it('is delivered once [X7]', async () => {
    const { state, queue } = await subject.open()
    const delivered: string[] = []
    queue.consume('late', { concurrency: 4 }, async (job) => {
      delivered.push(job.id)
      return { done: true }
    })
    const committed = state.commit({ writes: [], emit: [jobOf('one', subject.clock.now() + 5)] })
    // The disk is slow.
    subject.clock.jump(subject.clock.now() + 10)
    await committed
    // Another one makes the queue look at what is held back.
    await state.commit({ writes: [], emit: [jobOf('two', subject.clock.now() + 20)] })
    await until(subject, () => delivered.includes('two'), 'both are delivered')
    await quiet(subject)
    expect(delivered.toSorted()).toEqual(['one', 'two'])
  })
})

function jobOf(id: string, notBefore: number): Job {
  return { queue: 'late', id, tenant: 'demo', lane: 'normal', version: 1, body: {}, correlationId: 'c', notBefore }
}
