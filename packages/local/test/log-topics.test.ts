import { type Log, silentLog, type TopicMessage } from '@plinth/core'
import { describeTopicsContract } from '@plinth/core/contracts'
import { expect, it } from 'vitest'
import { LogTopics } from '../src/log-topics.ts'

interface Line {
  readonly fields: Readonly<Record<string, string>>
  readonly words: string
}

function logged(): { readonly topics: LogTopics; readonly lines: readonly Line[] } {
  const lines: Line[] = []
  const log: Log = { ...silentLog, warn: (fields, words) => lines.push({ fields: fields as Line['fields'], words }) }
  return { topics: new LogTopics({ log }), lines }
}

describeTopicsContract('LogTopics', {
  create: async () => {
    const { topics, lines } = logged()
    const shown = ({ fields, words }: Line): TopicMessage & { readonly tenant: string; readonly topic: string } => {
      const { tenant_id: tenant = '', topic = '', message_id: id = '', ...attributes } = fields
      return { tenant, topic, id, subject: words, attributes, body: {} }
    }
    const received = async (names: readonly string[]) => lines.map(shown).filter(({ topic }) => names.includes(topic))
    return { port: { topics, received }, dispose: async () => {} }
  },
  unsupported: { 'a body comes whole, also the largest': 'The log holds no content: who wants it subscribes to the events.' },
})

it('[R82, R83] tells the log of an alert: what it is about, and nothing of its content', async () => {
  const { topics, lines } = logged()
  const attributes = { alert_id: 'a', alert_type: 'high_risk', stream: 'machine', severity: 'high' }
  const message = { id: 'id', subject: 'GenAI Alert: High Risk', body: { data: 'hush' }, attributes }
  await topics.publish('demo', 'genai-alerts-high_risk', message)
  const fields = { ...attributes, tenant_id: 'demo', topic: 'genai-alerts-high_risk', message_id: 'id' }
  expect(lines).toEqual([{ fields, words: 'GenAI Alert: High Risk' }])
})
