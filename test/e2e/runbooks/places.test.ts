import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { call, type Page, type ShownRequest } from '../support/api.ts'
import { until } from '../support/until.ts'
import { Practice } from './practice.ts'

describe('[R119] runbooks about what stands still or is gone', () => {
  it('lagging stream: every accepted record is worked when somebody works again', async () => {
    const practice = await Practice.start({ PLINTH_WORKER: 'off' })
    const token = await practice.token()
    const records = Array.from({ length: 300 }, (_, second) => ({
      key: 'boiler',
      timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
      data: { temperature: second === 250 ? 180 : 60 + (second % 7) },
    }))
    const sent = await call<{ accepted: number }>(practice.server.url, '/api/streams/plant/records', {
      token,
      body: { records },
    })
    expect(sent.body.accepted).toBe(300)

    const variables = { STREAM: 'plant', RECORDS: '300' }
    expect(await practice.follow('lagging-stream', 'Notice', variables)).toMatch(/records\s+0 /)
    expect(await practice.follow('lagging-stream', 'Find the cause', variables)).toContain('PLINTH_WORKER is off')
    await practice.follow('lagging-stream', 'Do', variables)
    expect(await practice.follow('lagging-stream', 'Over when', variables)).toMatch(/records\s+300 /)
    await until('the insight about the odd one', async () => {
      const { body } = await call<Page<object>>(practice.server.url, '/api/streams/plant/insights', { token })
      return body.items.length > 0
    })
  })

  it('region outage: what was acknowledged before the backup is there, and what came after it is done once', async () => {
    const practice = await Practice.start()
    const token = await practice.token()
    const send = async (name: string) =>
      call<{ request_id: string }>(practice.server.url, '/api/requests', {
        token,
        body: { prompt: `Prompt ${name}` },
        headers: { 'idempotency-key': name },
      })
    const before = await Promise.all(['a', 'b', 'c'].map(send))
    const BACKUPS = practice.file('backups')
    await practice.plinth('backup', join(BACKUPS, '1'), '--with-master-key')
    expect((await send('later')).status).toBe(202)
    await practice.server.process.kill()
    rmSync(practice.data, { recursive: true })

    const variables = { BACKUPS, RESTORED: practice.file('restored') }
    expect(await practice.follow('region-outage', 'Notice', { ...variables, TENANT_TOKEN: token })).toContain('no answer')
    for (const section of ['Find the cause', 'Do', 'Over when']) await practice.follow('region-outage', section, variables)

    const again = await Promise.all(['a', 'b', 'c'].map(send))
    expect(again.map(({ body }) => body.request_id)).toEqual(before.map(({ body }) => body.request_id))
    const later = await send('later')
    for (const { body } of [...before, later])
      await until(`an end of ${body.request_id}`, async () => {
        const found = await call<ShownRequest>(practice.server.url, `/api/requests/${body.request_id}`, { token })
        return found.body.status === 'completed'
      })
    const all = await call<Page<ShownRequest>>(practice.server.url, '/api/requests', { token })
    expect(all.body.items).toHaveLength(4)
  })
})
