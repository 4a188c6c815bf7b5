import { describe, expect, it } from 'vitest'
import { composePatterns } from '../../src/advisor/composition.ts'
import { type Answers, completeProfile } from '../../src/advisor/profile.ts'
import { outputWeight, quotaFor } from '../../src/advisor/quota.ts'
import { rankPatterns } from '../../src/advisor/scores.ts'

const complete = (answers: Answers) => completeProfile(answers, { model: 'some-model', region: 'eu-central-1' }).profile
const composed = (answers: Answers) => {
  const profile = complete(answers)
  return composePatterns(rankPatterns(profile), profile)
}

describe('[R5] [R118] the composition', () => {
  it('is none where one synchronous call is enough', () => {
    expect(composed({})).toMatchObject({ primary: 'none', secondary: [] })
    expect(composed({ response: 'interactive', requests_per_month: 500 }).reasons.join()).toContain('synchronous call')
  })

  it('of questions about documents in a product with many customers has both', () => {
    const found = composed({
      response: 'interactive',
      knowledge: { documents: 5_000 },
      tenants: { count: 300, isolation: 'silo' },
    })
    expect([found.primary, found.secondary]).toEqual(['rag', ['multi-tenant']])
  })

  it('has what another pattern needs: documents that agents read, events by which many documents come', () => {
    const agents = composed({
      response: 'seconds',
      workflow: { steps: 5, tools: true, approval: true },
      knowledge: { documents: 3 },
    })
    expect([agents.primary, agents.secondary]).toEqual(['multi-agent', ['rag']])
    const many = composed({ response: 'interactive', knowledge: { documents: 50_000, changes_per_month: 20_000 } })
    expect([many.primary, many.secondary]).toEqual(['rag', ['event-driven']])
    expect(many.reasons).toContain('Thousands of documents a month are read in the background, by events.')
  })
})

describe('the allowance of a provider', () => {
  const none = { calls: 0, inputTokens: 2_000, outputTokens: 500 }
  const use = { calls: 1, inputTokens: 1_400, seconds: 6, outputWeight: 1, stream: none }
  const answers = { requests_per_month: 438_000, peak_factor: 5, output_tokens: 300, tokens_per_minute: 200_000 }

  it('bears what input and the most that may come back leave, at the busiest minute', () => {
    expect(quotaFor(complete(answers), use)).toEqual({
      tokens_per_minute: 200_000,
      reserved_tokens: 2_000,
      settled_tokens: 1_700,
      sustainable_requests_per_minute: 100,
      concurrency: 10,
      needed_requests_per_minute: 50,
      stream_tokens_per_minute: 0,
      needs_rise: false,
    })
  })

  it('bears first the calls about records of streams, which may be all that there is', () => {
    const stream = { ...none, calls: 30 }
    const both = quotaFor(complete(answers), { ...use, stream })
    expect(both).toMatchObject({ stream_tokens_per_minute: 90_000, sustainable_requests_per_minute: 55, needs_rise: false })
    const alone = quotaFor(complete({ ...answers, requests_per_month: 0 }), { ...use, stream: { ...none, calls: 750 } })
    expect(alone).toMatchObject({ stream_tokens_per_minute: 2_250_000, needed_requests_per_minute: 0, needs_rise: true })
  })

  it('bears fewer of a model whose answers count five times, as those of Claude do from 3.7 on', () => {
    expect(quotaFor(complete(answers), { ...use, outputWeight: 5 })).toMatchObject({
      settled_tokens: 2_900,
      sustainable_requests_per_minute: 200_000 / 2_900,
    })
    expect(
      ['anthropic.claude-haiku-4-5-20251001-v1:0', 'anthropic.claude-3-5-sonnet-20241022-v2:0', 'amazon.nova-pro-v1:0'].map(
        outputWeight,
      ),
    ).toEqual([5, 1, 1])
  })

  it('has to be raised before launch where a peak needs more, as with several calls a request', () => {
    expect(quotaFor(complete(answers), { ...use, calls: 4 })).toMatchObject({
      sustainable_requests_per_minute: 25,
      needs_rise: true,
    })
    expect(quotaFor(complete({ requests_per_month: 1e12 }), use).needs_rise).toBe(true)
    expect(quotaFor(complete({ requests_per_month: 0 }), use)).toMatchObject({ needed_requests_per_minute: 0, needs_rise: false })
    expect(quotaFor(complete({ tokens_per_minute: 0 }), use)).toMatchObject({
      sustainable_requests_per_minute: 0,
      needs_rise: true,
    })
  })
})
