import { describe, expect, it } from 'vitest'
import { requests } from '../../src/event-driven/requests.ts'
import { cancelRequest, envelope } from '../../src/index.ts'
import { EventBench } from './bench.ts'

const url = 'https://example.com/canary'

describe('a request whose caller wants to be told of its end', () => {
  it('keeps the address sealed, and marks each event that closes a round, and no other [X15]', async () => {
    const bench = await EventBench.open(({ prompt }) => {
      if (prompt === 'fails') throw Object.assign(new Error('raw'), { statusCode: 400 })
      return 'Done.'
    })
    const now = bench.memory.clock.now()
    const later = { not_before: now + 60_000 }
    const answered = await bench.submit({ callback_url: url })
    const failed = await bench.submit({ callback_url: url, prompt: 'fails' })
    const cancelled = await bench.submit({ callback_url: url, ...later })
    const silent = await bench.submit()
    await cancelRequest(await bench.scope(), cancelled)
    await bench.pass(5_000)
    const marks = (await bench.events()).map((event) => [event.subject, event.type.split('.').at(-1), event.callback])
    expect(marks.filter(([, , callback]) => callback).toSorted()).toEqual(
      [
        [answered, 'completed', true],
        [failed, 'failed', true],
        [cancelled, 'failed', true],
      ].toSorted(),
    )
    expect(marks.filter(([subject]) => subject === silent)).toHaveLength(2)
    for (const event of bench.memory.bus.published) {
      expect('callback' in envelope(event)).toBe(false)
      expect(JSON.stringify(event)).not.toContain('canary')
    }
    const record = await (await bench.scope()).state.get(requests, { partition: answered })
    expect(await record?.open('callback_url')).toBe(url)
    expect(JSON.stringify(record?.fields)).not.toContain('canary')
    await bench.stop()
  })
})
