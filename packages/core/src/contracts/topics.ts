import { expect } from 'vitest'
import type { TopicMessage, Topics } from '../ports/topics.ts'
import { topicLimits } from '../ports/topics.ts'
import { type ContractOptions, describeContract } from './contract.ts'
import { eventually } from './settling.ts'

/** What a contract of topics is tried on. */
export interface TopicsSubject {
  readonly topics: Topics
  /** What subscribers to these topics have been handed so far; asked for the first time before anything is published to them. */
  received(topics: readonly string[]): Promise<readonly (TopicMessage & { readonly tenant: string; readonly topic: string })[]>
}

const message = (id: string, parts: Partial<TopicMessage> = {}): TopicMessage => ({
  id,
  subject: 'GenAI Alert: High Risk',
  body: { alert_type: 'high_risk', data: { text: 'ünï', list: [1, null] } },
  attributes: { alert_type: 'high_risk', stream: 'machine' },
  ...parts,
})

/** The promises of {@link Topics}, one test each. */
export function describeTopicsContract(adapter: string, options: ContractOptions<TopicsSubject>): void {
  describeContract('Topics', adapter, options, {
    'what is published reaches the subscribers of its topic, and no other, in the name of its tenant': async (subject) => {
      const { topics, received } = subject().port
      const names = ['genai-alerts-one', 'genai-alerts-two_2']
      await received(names)
      const { body, ...shown } = message('a')
      await topics.publish('alpha', 'genai-alerts-one', { ...shown, body })
      await topics.publish('beta', 'genai-alerts-two_2', message('b', { subject: 'GenAI Alert: Two', attributes: {} }))
      await eventually(subject(), async () => {
        const found = await received(names)
        const at = (topic: string): readonly unknown[] => found.filter((one) => one.topic === topic)
        expect(at('genai-alerts-one')).toMatchObject([{ ...shown, tenant: 'alpha' }])
        expect(at('genai-alerts-two_2')).toMatchObject([{ id: 'b', subject: 'GenAI Alert: Two', tenant: 'beta' }])
      })
    },

    'a body comes whole, also the largest': async (subject) => {
      const { topics, received } = subject().port
      const names = ['genai-alerts-large']
      await received(names)
      const text = 'x'.repeat(topicLimits.bytes - 1_000)
      await topics.publish('alpha', 'genai-alerts-large', message('small'))
      await topics.publish('alpha', 'genai-alerts-large', message('large', { body: { text } }))
      await eventually(subject(), async () => {
        const bodies = new Map((await received(names)).map(({ id, body }) => [id, body]))
        expect(bodies.get('small')).toEqual(message('small').body)
        expect(bodies.get('large')).toEqual({ text })
      })
    },

    'what is published twice has the same id twice': async (subject) => {
      const { topics, received } = subject().port
      const names = ['genai-alerts-twice']
      await received(names)
      await topics.publish('alpha', 'genai-alerts-twice', message('again'))
      await topics.publish('alpha', 'genai-alerts-twice', message('again'))
      await eventually(subject(), async () => {
        const ids = (await received(names)).map(({ id }) => id)
        // A technology may tell the two are one.
        expect(new Set(ids)).toEqual(new Set(['again']))
      })
    },

    'the longest subject and as many attributes as may be go through': async (subject) => {
      const { topics, received } = subject().port
      const names = ['genai-alerts-wide']
      await received(names)
      const attributes = Object.fromEntries(Array.from({ length: topicLimits.attributes }, (_, index) => [`a${index}`, 'x']))
      const wide = { subject: 'S'.repeat(topicLimits.subject), attributes }
      await topics.publish('alpha', 'genai-alerts-wide', message('wide', wide))
      await eventually(subject(), async () => {
        expect(await received(names)).toMatchObject([{ id: 'wide', ...wide }])
      })
    },
  })
}
