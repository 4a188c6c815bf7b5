import { PlinthError } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { RecordSender } from '../src/streams/put-records.ts'
import type { Row, RowSource } from '../src/streams/read-rows.ts'

interface Body {
  readonly records: readonly { readonly id: string; readonly data: { readonly value: number } }[]
}

function sourceOf(amount: number, read: { count: number } = { count: 0 }): RowSource {
  async function* rows(): AsyncGenerator<Row> {
    for (; read.count < amount; read.count++) {
      const fields = { key: 'a', value: read.count }
      yield { line: read.count + 2, text: JSON.stringify(fields), fields }
    }
  }
  return { name: 'x.csv', format: 'csv', rows: rows(), bytesRead: () => read.count }
}

/** Answers each call by what `answer` says of it. */
function server(answer: (body: Body, call: number) => object) {
  const bodies: Body[] = []
  const client = {
    callPatiently: async (_method: string, _path: string, { body }: { readonly body?: object } = {}) => {
      bodies.push(body as Body)
      return answer(body as Body, bodies.length)
    },
  }
  return { bodies, client }
}

const busy = { code: 'stream_busy', message: 'Busy.', retryable: true }
const wrong = { code: 'invalid_record', message: 'Is wrong.', retryable: false, field: 'data.value' }
const allTaken = ({ records }: Body): object => ({ accepted: records.length, rejected: [] })

describe('a sender of records', () => {
  it('sends all in order, some at a time, and reads no further meanwhile [X54]', async () => {
    const read = { count: 0 }
    const { bodies, client } = server(({ records }, call) => {
      expect(read.count).toBeLessThan(call * 1_000 + 2)
      return { accepted: records.length, rejected: [] }
    })
    const sender = new RecordSender(client, '/path')
    let told = 0
    await sender.send(sourceOf(3_500, read), {}, () => told++)
    expect(bodies.flatMap(({ records }) => records.map(({ data }) => data.value))).toEqual(
      Array.from({ length: 3_500 }, (_, index) => index),
    )
    expect(Math.max(...bodies.map(({ records }) => records.length))).toBe(1_000)
    expect([sender.result, told]).toEqual([{ accepted: 3_500, rejected: 0, lines: [] }, 4])
  })

  it('sends what a busy stream gave back again, under the same id, before anything behind it [X50]', async () => {
    const { bodies, client } = server(({ records }, call) =>
      call === 1
        ? { accepted: records.length - 3, rejected: [5, 6, 999].map((index) => ({ index, error: busy })) }
        : allTaken({ records }),
    )
    const sender = new RecordSender(client, '/path')
    await sender.send(sourceOf(1_500), {}, () => {})
    expect(bodies[1]?.records).toEqual([5, 6, 999].map((index) => bodies[0]?.records[index]))
    expect(bodies[2]?.records[0]?.data.value).toBe(1_000)
    expect(sender.result).toEqual({ accepted: 1_500, rejected: 0, lines: [] })
  })

  it('names the lines that are rejected, and sends the others [X49]', async () => {
    const { client } = server(({ records }) => ({ accepted: records.length - 1, rejected: [{ index: 2, error: wrong }] }))
    const sender = new RecordSender(client, '/path')
    await sender.send(sourceOf(4), {}, () => {})
    const { accepted, rejected, lines } = sender.result
    expect([accepted, rejected]).toEqual([3, 1])
    expect(lines).toEqual([{ file: 'x.csv', line: 4, error: wrong }])
  })

  it('lists a thousand rejected lines, and counts all', async () => {
    const { client } = server(({ records }) => ({
      accepted: 0,
      rejected: records.map((_, index) => ({ index, error: wrong })),
    }))
    const sender = new RecordSender(client, '/path')
    await sender.send(sourceOf(2_500), {}, () => {})
    expect([sender.result.rejected, sender.result.lines.length]).toEqual([2_500, 1_000])
  })

  it('keeps what it has counted when the server refuses at last', async () => {
    const { client } = server((body, call) => {
      if (call < 3) return allTaken(body)
      throw new PlinthError('no_server', 'Gone.', true)
    })
    const sender = new RecordSender(client, '/path')
    await expect(sender.send(sourceOf(5_000), {}, () => {})).rejects.toMatchObject({ code: 'no_server' })
    expect(sender.result.accepted).toBe(2_000)
  })
})
