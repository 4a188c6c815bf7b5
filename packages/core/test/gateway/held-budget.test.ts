import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { expect, it } from 'vitest'
import { answerChat, openChat } from '../../src/index.ts'
import { callOf, finishPart, GatewayBench, parts, readAll, textParts, usageOf, whole } from './gateway-bench.ts'

/** A model that answers when it is told to. */
async function waiting(): Promise<{ readonly bench: GatewayBench; readonly release: (() => void)[] }> {
  const release: (() => void)[] = []
  const bench = await GatewayBench.open(() => new Promise((resolve) => release.push(() => resolve('So it is.'))))
  return { bench, release }
}

const call = () => callOf({ maxOutputTokens: 100 })

it('a budget that running calls hold says when to come back; one that is spent is over [X68]', async () => {
  const { bench, release } = await waiting()
  bench.settings = { limits: { monthly_budget_usd: 250e-6 } }
  const first = answerChat(await bench.scope(), call())
  await bench.until(() => release.length === 1)
  for (const refused of [answerChat, openChat])
    await expect(refused(await bench.scope(), call())).rejects.toMatchObject({ code: 'budget_held', retryAfter: 5 })
  release[0]?.()
  await first
  const second = answerChat(await bench.scope(), call())
  await bench.until(() => release.length === 2)
  release[1]?.()
  await second
  const spent = (await bench.spent()) / 1e9
  bench.settings = { limits: { monthly_budget_usd: spent + 1e-6 } }
  await expect(answerChat(await bench.scope(), call())).rejects.toMatchObject({ code: 'budget_exhausted' })
})

it('a budget that no end of running calls would make large enough is over at once, with filters and without', async () => {
  const { bench, release } = await waiting()
  bench.settings = { limits: { monthly_budget_usd: 250e-6 } }
  const first = answerChat(await bench.scope(), call())
  await bench.until(() => release.length === 1)
  const large = callOf({ maxOutputTokens: 200 })
  for (const input of [{}, { email: 'mask' as const }]) {
    bench.settings = { limits: { monthly_budget_usd: 250e-6 }, filters: { input, output: {}, deny_list: [] } }
    await expect(answerChat(await bench.scope(), large)).rejects.toMatchObject({ code: 'budget_exhausted' })
    await expect(answerChat(await bench.scope(), call())).rejects.toMatchObject({ code: 'budget_held' })
  }
  release[0]?.()
  await first
})

it('of another tenant’s calls nothing is held', async () => {
  const { bench, release } = await waiting()
  bench.settings = { limits: { monthly_budget_usd: 50e-6 } }
  const theirs = answerChat(await bench.scope('ada', 'beta'), callOf({ maxOutputTokens: 10 }))
  await bench.until(() => release.length === 1)
  await expect(answerChat(await bench.scope(), call())).rejects.toMatchObject({ code: 'budget_exhausted' })
  release[0]?.()
  await theirs
})

it.each([answerChat, openChat])(
  'the most is taken where a model may write to its cache, which costs more, and paid is what it read and wrote: %o [X74]',
  async (ask) => {
    const used = usageOf(100, 10)
    const usage = { ...used, inputTokens: { ...used.inputTokens, cacheRead: 60, cacheWrite: 30 } }
    const answer: (() => void)[] = []
    const bench = await GatewayBench.open(
      ({ streamed }) =>
        new Promise((resolve) => {
          const finish = { ...finishPart(), usage } as LanguageModelV4StreamPart
          answer.push(() => resolve(streamed ? parts([...textParts('So.'), finish]) : { ...whole('So.'), usage }))
        }),
    )
    const asked = ask(await bench.scope(), callOf({ modelId: 'test/cached', maxOutputTokens: 100 }))
    await bench.until(() => answer.length === 1)
    // Of the question's 14 tokens.
    expect(await bench.spent()).toBe(14 * 1_250 + 100 * 2_000)
    answer[0]?.()
    const answered = await asked
    if ('parts' in answered) await readAll(answered.parts)
    const nano = 10 * 1_000 + 60 * 100 + 30 * 1_250 + 10 * 2_000
    expect(await bench.usage()).toEqual({ 'test/cached': { requests: 1, input: 100, output: 10, nano } })
    expect(await bench.spent()).toBe(nano)
  },
)
