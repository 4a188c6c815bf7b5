import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { Guardrail } from '@plinth/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createModels, modelOptions } from '../src/index.ts'
import { answerOf, BedrockStub } from './bedrock-stub.ts'
import { callOnce, failureOf, type Way, ways } from './call.ts'
import { HandClock, promptOf, readAll } from './support.ts'

const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const arn = 'arn:aws:bedrock:eu-central-1:111122223333:guardrail/gr1abc2def3g'
const identifier = 'gr1abc2def3g'
let stub: BedrockStub

beforeAll(async () => {
  stub = await BedrockStub.start({ bearerToken: 'key' })
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

function resolved(guardrail: Guardrail | undefined = { identifier, version: '3' }, id = haiku) {
  const bedrock = { region: 'eu-central-1', endpoint: stub.url, bearerToken: 'key', ...(guardrail && { guardrail }) }
  return createModels({ model: `bedrock/${haiku}`, bedrock, clock: new HandClock() }).resolve(id)
}

async function call({ model }: ReturnType<typeof resolved>, way: Way, options: Partial<LanguageModelV4CallOptions> = {}) {
  const asked = { prompt: promptOf('x'), ...options }
  if (way === 'whole') return (await model.doGenerate(asked)).finishReason
  return (await readAll((await model.doStream(asked)).stream)).at(-1)
}

/** As the service model has it: only a stream has a mode, and with this one nothing is sent that wasn't looked at. */
const sentBy = (way: Way, guardrailIdentifier = identifier): object => ({
  guardrailIdentifier,
  guardrailVersion: '3',
  ...(way === 'streamed' && { streamProcessingMode: 'sync' }),
})

describe("an operator's guardrail", () => {
  it.each(ways)('goes with every call of a language model, and with whose call it is: %s [X74, R101]', async (way) => {
    const requestMetadata = { tenant_id: 'demo' }
    for (const id of [haiku, `eu.${haiku}`, 'amazon.nova-pro-v1:0', 'anthropic.claude-opus-4-6-v1'])
      await call(resolved(undefined, id), way, {
        maxOutputTokens: 4000,
        reasoning: 'low',
        providerOptions: { bedrock: { requestMetadata } },
      })
    expect(stub.calls.map(({ body }) => body.guardrailConfig)).toEqual(Array(4).fill(sentBy(way)))
    expect(stub.calls.map(({ body }) => body.requestMetadata)).toEqual(Array(4).fill(requestMetadata))
  })

  it.each(ways)('may be of another account, by its ARN, and is none where none is set: %s', async (way) => {
    await call(resolved({ identifier: arn, version: '3' }), way)
    const bedrock = { region: 'eu-central-1', endpoint: stub.url, bearerToken: 'key' }
    await call(createModels({ model: `bedrock/${haiku}`, bedrock, clock: new HandClock() }).resolve(), way)
    expect(stub.calls.map(({ body }) => body.guardrailConfig)).toEqual([sentBy(way, arn), undefined])
  })

  it.each(ways)('gives way to nothing that a caller says: %s', async (way) => {
    const other = { guardrailConfig: { guardrailIdentifier: 'another', guardrailVersion: '1' } }
    for (const provider of ['bedrock', 'amazonBedrock'])
      await call(resolved(), way, { providerOptions: { [provider]: other, anthropic: {} } })
    expect(stub.calls.map(({ body }) => body.guardrailConfig)).toEqual([sentBy(way), sentBy(way)])
  })

  it.each(ways)('that intervenes ends the answer as one that was refused, which is paid for: %s [X20]', async (way) => {
    const refused = answerOf('I may not say that.', { stopReason: 'guardrail_intervened' })
    stub.reply({ answer: refused }, { answer: refused })
    const intervened = { unified: 'content-filter', raw: 'guardrail_intervened' }
    expect(await call(resolved(), way)).toMatchObject(way === 'whole' ? intervened : { finishReason: intervened })
    expect(await callOnce(resolved(), way)).toMatchObject({
      text: 'I may not say that.',
      stopReason: 'content_filtered',
      usage: { input_tokens: 11, output_tokens: 7, usd: (11 * 1 + 7 * 5) / 1e6 },
    })
  })

  it('that leaves nothing to say is a refusal for the content', async () => {
    stub.reply({ answer: answerOf('', { stopReason: 'guardrail_intervened' }) })
    expect(await failureOf(callOnce(resolved(), 'whole'))).toMatchObject({ kind: 'content', code: 'model_content_refused' })
  })

  it('is told of where an answer may be kept', () => {
    expect(resolved({ identifier: arn, version: 'DRAFT' }).guardedBy).toBe(`${arn}:DRAFT`)
    const { model, guardedBy } = createModels({ clock: new HandClock() }).resolve(haiku)
    expect([model.provider, guardedBy]).toEqual(['plinth.local', undefined])
  })
})

describe('PLINTH_BEDROCK_GUARDRAIL', () => {
  const bedrock = { PLINTH_MODEL: `bedrock/${haiku}`, AWS_REGION: 'eu-central-1' }

  it.each([
    [`${identifier}:1`, { identifier, version: '1' }],
    [` ${identifier}:DRAFT\n`, { identifier, version: 'DRAFT' }],
    [`${arn}:12`, { identifier: arn, version: '12' }],
    ['arn:aws-us-gov:bedrock:us-gov-west-1:111122223333:guardrail/x1:1', undefined],
  ])('names it and its version: %j', (PLINTH_BEDROCK_GUARDRAIL, guardrail) => {
    const read = modelOptions({ ...bedrock, PLINTH_BEDROCK_GUARDRAIL }).bedrock?.guardrail
    expect(read).toMatchObject(guardrail ?? { version: '1' })
  })

  it('is left out where it is not set', () => {
    expect(modelOptions({ ...bedrock, PLINTH_BEDROCK_GUARDRAIL: '' }).bedrock).toEqual({ region: 'eu-central-1' })
  })

  it.each([
    identifier,
    `${identifier}:0`,
    `${identifier}:latest`,
    `${identifier}:1:2`,
    `:1`,
    `GR1ABC:1`,
    'arn:aws:bedrock:eu-central-1:111122223333:guardrail/:1',
    'arn:aws:bedrock:eu-central-1:1111:guardrail/gr1abc2def3g:1',
    'arn:aws:iam:eu-central-1:111122223333:guardrail/gr1abc2def3g:1',
  ])('refuses %j, and says what it takes', (PLINTH_BEDROCK_GUARDRAIL) => {
    expect(() => modelOptions({ ...bedrock, PLINTH_BEDROCK_GUARDRAIL })).toThrow(
      expect.objectContaining({ field: 'PLINTH_BEDROCK_GUARDRAIL', message: expect.stringContaining('gr1abc2def3g:1') }),
    )
  })
})
