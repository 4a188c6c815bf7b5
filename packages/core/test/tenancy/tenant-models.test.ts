import { describe, expect, it } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import type { ModelEntry, Models, ResolvedEmbedding } from '../../src/language-model/catalogue.ts'
import { tenantModels } from '../../src/tenancy/tenant-models.ts'
import { scriptedModels } from '../../src/testing/index.ts'

type Settings = Parameters<typeof tenantModels>[1]

const titan = 'amazon.titan-embed-text-v2:0'
const shared = scriptedModels(() => '')

/** The test's catalogue with one more embedding model, which has several spellings as those of Bedrock do. */
const models: Models = {
  ...shared,
  resolveEmbedding(id) {
    if (!id?.endsWith(titan)) return shared.resolveEmbedding(id)
    return { ...shared.resolveEmbedding(), id, entry: { ...entryOf(shared.resolveEmbedding()), id: titan }, servedBy: id }
  },
}

function entryOf({ entry }: ResolvedEmbedding): ModelEntry {
  return entry
}

const of = (settings: Settings): Models => tenantModels(models, settings)
const allowing = (...allowed_models: string[]): Models => of({ model_config: { allowed_models } })

function outcome(run: () => ResolvedEmbedding): string {
  try {
    return run().id
  } catch (error) {
    return (error as InvalidInputError).code
  }
}

describe("a tenant's models that embed [R99, R113, X13]", () => {
  it('are all of them unless it is told otherwise', () => {
    const { defaultEmbeddingModel, resolveEmbedding, entries } = of({ model_config: {} })
    expect(defaultEmbeddingModel).toBe('test/embedding')
    expect(resolveEmbedding().id).toBe('test/embedding')
    expect(resolveEmbedding(titan).id).toBe(titan)
    expect(entries()).toEqual(models.entries())
  })

  it("don't follow its model that writes", () => {
    expect(of({ model_config: { model_id: 'test/small' } }).resolveEmbedding().id).toBe('test/embedding')
  })

  it.each([
    [['test/small'], undefined, 'model_not_allowed'],
    [['test/small'], 'test/embedding', 'model_not_allowed'],
    [['test/small', 'test/embedding'], undefined, 'test/embedding'],
    [['test/small', 'test/embedding'], titan, 'model_not_allowed'],
    [['test/gone', titan], titan, titan],
    [['test/gone', titan], `us.${titan}`, `us.${titan}`],
    [[`bedrock/${titan}`], titan, titan],
    [[`bedrock/${titan}`], undefined, 'model_not_allowed'],
  ])('are those that are among the allowed: of %j %s', (allowed, id, expected) => {
    expect(outcome(() => allowing(...allowed).resolveEmbedding(id))).toBe(expected)
  })

  it('allow none that writes, and are not allowed by one', () => {
    const tenant = allowing('test/embedding')
    expect(() => tenant.resolve('test/model')).toThrow(expect.objectContaining({ code: 'model_not_allowed' }))
    expect(() => tenant.resolve('test/embedding')).toThrow(expect.objectContaining({ code: 'model_unknown' }))
    expect(tenant.entries().map(({ id }) => id)).toEqual(['test/embedding'])
  })

  it('that nobody has are unknown, also where none is allowed', () => {
    for (const tenant of [of({ model_config: {} }), allowing('test/small')])
      expect(() => tenant.resolveEmbedding('test/model')).toThrow(InvalidInputError)
  })

  it.each([
    ['in-region', titan, titan],
    ['in-region', `eu.${titan}`, 'residency_refused'],
    ['geo', `eu.${titan}`, `eu.${titan}`],
    ['geo', `us.${titan}`, 'residency_refused'],
    ['geo', `global.${titan}`, 'residency_refused'],
    ['geo', `arn:aws:bedrock:us-east-1::foundation-model/${titan}`, 'residency_refused'],
    ['global', `us.${titan}`, `us.${titan}`],
  ] as const)('take no text further than it may go: %s, %s [R109, X66]', (residency, id, expected) => {
    const tenant = of({ model_config: {}, data_residency_region: 'eu-central-1', residency })
    expect(outcome(() => tenant.resolveEmbedding(id))).toBe(expected)
  })

  it('that are the default may go no further either [R109, X66]', () => {
    const tenant = tenantModels({ ...models, defaultEmbeddingModel: `us.${titan}` }, { model_config: {}, residency: 'in-region' })
    expect(outcome(() => tenant.resolveEmbedding())).toBe('residency_refused')
  })
})
