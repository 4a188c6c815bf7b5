import { describe, expect, it } from 'vitest'
import { call, type Page } from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { startTestServer } from '../support/test-server.ts'

interface ShownInsight {
  readonly analysis: { readonly risk_level: string; readonly alert_priority: number }
  readonly evidence: {
    readonly by: string
    readonly model_id?: string
    readonly statistics: { readonly risk_level: string; readonly alert_priority: number }
  }
}

describe('incidents of a stream, with a model to ask', () => {
  it("are analysed by it, beside the statistics' analysis, which it can't mute [R75, X55]", async () => {
    const server = await startTestServer({ PLINTH_MODEL: 'scripted' })
    const token = await server.token()
    const begin = Date.now() - 3_600_000
    const records = Array.from({ length: 600 }, (_, second) => ({
      key: 'boiler-1',
      timestamp: new Date(begin + second * 1_000).toISOString(),
      data: { temperature: second === 500 ? 180 : 60 + Math.sin(second / 9) },
    }))
    const sent = await call(server.url, '/api/streams/boilers/records', { token, body: { records } })
    expect(sent.status, sent.text).toBe(202)
    const insight = await until('the analysis of a model', async () => {
      const { body } = await call<Page<ShownInsight>>(server.url, '/api/streams/boilers/insights', { token })
      return body.items.find(({ evidence }) => evidence.by === 'model')
    })
    // The smallest answer that fits the form says that all is well.
    expect(insight.evidence.model_id).toBe('scripted')
    expect(insight.evidence.statistics.alert_priority).toBeGreaterThanOrEqual(3)
    expect(insight.analysis).toMatchObject({
      risk_level: insight.evidence.statistics.risk_level,
      alert_priority: insight.evidence.statistics.alert_priority,
    })
    const { body } = await call<{ model_calls: object }>(server.url, '/api/streams/boilers', { token })
    expect(body.model_calls).toMatchObject({ made: 1, analysed: 1, failed: 0 })
  })
})
