import { describe, expect, it } from 'vitest'
import { findModel } from '../../models/src/index.ts'
import { modelAccess, modelCalls, modelLifecycles } from '../src/checks/aws/model-access.ts'
import { functionQuota, modelQuota } from '../src/checks/aws/quotas.ts'
import type { AwsPatient, Check, NamedModel } from '../src/checks/patient.ts'
import { faulty, finds, haiku, look, model, ofLanguage, type patient, withModel } from './support/aws-patient.ts'

describe('doctor on AWS finds of models', () => {
  finds([
    [
      'no profile of that name',
      ofLanguage(modelAccess),
      withModel({ profile: false }),
      'problem',
      /no inference profile eu\.anthropic/,
      /PLINTH_MODEL/,
    ],
    [
      'no model here',
      ofLanguage(modelAccess),
      withModel({ known: false }),
      'problem',
      /no model anthropic.*in eu-central-1/,
      /another region/,
    ],
    [
      'a model that is closed to the account',
      ofLanguage(modelAccess),
      withModel({ closed: ['authorizationStatus NOT_AUTHORIZED'] }),
      'problem',
      /may not call.*NOT_AUTHORIZED/,
      /Model access/,
    ],
    [
      'a model that takes a profile',
      ofLanguage(modelAccess),
      withModel({ profile: undefined }),
      'problem',
      /by an inference profile/,
      new RegExp(`bedrock/eu\\.${haiku}`),
    ],
    [
      'a model that AWS calls legacy',
      ofLanguage(modelAccess),
      withModel({ lifecycle: 'LEGACY', ends: '2027-01-01T00:00:00Z' }),
      'warning',
      /legacy: it ends on 2027-01-01/,
      /PLINTH_MODEL/,
    ],
    [
      'a model without agreement',
      ofLanguage(modelAccess),
      withModel({ agreement: 'PENDING' }),
      'warning',
      /PENDING/,
      /aws-marketplace:Subscribe/,
    ],
    ['a model that may not be looked at', ofLanguage(modelAccess), [{ model: faulty('denied') }], 'warning', /no leave/, /Allow/],
    [
      'an account that is new',
      functionQuota,
      [{ functionQuota: { account: 10, unreserved: 10 } }],
      'problem',
      /10 functions/,
      /Concurrent executions/,
    ],
    [
      'an account with little room',
      functionQuota,
      [{ functionQuota: { account: 1_000, unreserved: 299 } }],
      'warning',
      /1000 functions.*299 of them/,
      /Concurrent executions/,
    ],
    ['no quota of that name', modelQuota, [{}, { tokenQuotaOf: () => undefined }], 'warning', /none was compared/, /by hand/],
    [
      'a quota of nothing',
      modelQuota,
      [{ tokenQuotas: [{ name: 'tpm', tokens: 0 }] }],
      'problem',
      /"tpm" is 0/,
      /Service Quotas/,
    ],
    [
      'a limit above the quota',
      modelQuota,
      [{}, { modelLimits: () => new Map([[`eu.${haiku}`, { tokensPerMinute: 1_001 }]]) }],
      'warning',
      /lets 1001 tokens.*Bedrock 1000/,
      /tokens_per_minute to 1000/,
    ],
    [
      'a limit of all above the quota',
      modelQuota,
      [{}, { modelLimits: () => new Map([['*', { tokensPerMinute: 2_000 }]]) }],
      'warning',
      /lets 2000 tokens/,
      /tokens_per_minute/,
    ],
  ])
})

describe('doctor on AWS says nothing of models', () => {
  it.each<readonly [string, Check<AwsPatient>, Parameters<typeof patient>]>([
    [
      'of the access to a model that Bedrock does not serve',
      ofLanguage(modelAccess),
      [{}, { models: () => [model({ bedrock: undefined })] }],
    ],
    ['of the quota of a model that Bedrock does not serve', modelQuota, [{}, { models: () => [model({ bedrock: undefined })] }]],
    ['of a model that goes on', ofLanguage(modelLifecycles), []],
    ['of a call that nobody asked for', ofLanguage(modelCalls), []],
  ])('%s', async (_, check, of) => {
    expect(await look(check, ...of)).toBeUndefined()
  })
})

describe('doctor on AWS is content of models', () => {
  it.each<readonly [string, Check<AwsPatient>, Parameters<typeof patient>, RegExp]>([
    [
      'with a limit below the quota',
      modelQuota,
      [{}, { modelLimits: () => new Map([[`eu.${haiku}`, { tokensPerMinute: 1_000 }]]) }],
      /holds each process to 1000/,
    ],
    [
      'with a key for Bedrock that only a call tries',
      ofLanguage(modelAccess),
      [{}, { modelSettings: () => ({ bedrock: { region: 'eu-central-1', bearerToken: 'x' } }) }],
      /AWS_BEARER_TOKEN_BEDROCK/,
    ],
  ])('%s', async (_, check, of, message) => {
    expect(await look(check, ...of)).toEqual({ status: 'ok', message: expect.stringMatching(message) })
  })
})

describe('the end of a model', () => {
  const ending = (lifecycle: NamedModel['entry']['lifecycle']) =>
    look(ofLanguage(modelLifecycles), {}, { models: () => [model({ entry: { ...findModel(haiku), lifecycle } })] })

  it('is told with its day before it, and is a problem from that day on', async () => {
    expect(await ending({ status: 'legacy', retired: '2026-11-28' })).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('on 2026-11-28'),
    })
    expect(await ending({ status: 'legacy', retired: '2026-11-27' })).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('since 2026-11-27'),
    })
    expect(await ending({ status: 'retired' })).toMatchObject({
      status: 'problem',
      remedy: expect.stringContaining('PLINTH_MODEL'),
    })
  })
})

describe('a call of a model', () => {
  const call = (code: string | undefined) => {
    const failing = async () => {
      throw Object.assign(new Error('The provider says no.'), code === undefined ? {} : { code })
    }
    return look(ofLanguage(modelCalls), {}, { deep: true, models: () => [model(code === 'good' ? {} : { call: failing })] })
  }

  it.each([
    ['good', 'ok', undefined],
    ['model_access_denied', 'problem', /bedrock:InvokeModel/],
    ['model_throttled', 'warning', /PLINTH_MODEL_LIMITS/],
    ['model_quota', 'problem', /Service Quotas/],
    ['model_request_refused', 'problem', /region/],
    ['model_unavailable', 'problem', /PLINTH_MODEL/],
  ])('that ends with %s', async (code, status, remedy) => {
    const found = await call(code)
    expect(found?.status).toBe(status)
    if (remedy) expect(found?.remedy).toMatch(remedy)
  })
})
