import { describe, expect, it } from 'vitest'
import { ForbiddenError } from '../../src/errors.ts'
import { checkModelResidency, checkRegion } from '../../src/tenancy/residency.ts'

const model = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const arn = (region: string, kind: string, name: string): string => `arn:aws:bedrock:${region}:123456789012:${kind}/${name}`

function codeOf(run: () => void): string {
  try {
    run()
    return 'taken'
  } catch (error) {
    if (error instanceof ForbiddenError) return error.code
    throw error
  }
}

describe('[R109, X66] the region of a tenant', () => {
  it.each([
    [undefined, 'local', 'taken'],
    [undefined, 'us-east-1', 'taken'],
    ['eu-central-1', 'eu-central-1', 'taken'],
    ['eu-central-1', 'eu-west-1', 'residency_refused'],
    ['eu-central-1', 'local', 'residency_refused'],
  ])('set to %s, asked in %s: %s', (required, region, outcome) => {
    const tenant = required === undefined ? {} : { data_residency_region: required }
    expect(codeOf(() => checkRegion(tenant, region))).toBe(outcome)
  })
})

describe('[R109, X66] how far a prompt may travel to its model', () => {
  const names = {
    bare: model,
    provider: `bedrock/${model}`,
    eu: `eu.${model}`,
    providerEu: `bedrock/eu.${model}`,
    us: `us.${model}`,
    apac: `apac.${model}`,
    global: `global.${model}`,
    arnHere: arn('eu-central-1', 'foundation-model', model),
    arnEu: arn('eu-central-1', 'inference-profile', `eu.${model}`),
    arnGlobal: arn('eu-central-1', 'inference-profile', `global.${model}`),
    arnElsewhere: arn('us-east-1', 'foundation-model', model),
    arnOfApplication: arn('us-east-1', 'application-inference-profile', 'abc123'),
  }
  const here = ['bare', 'provider', 'arnHere']
  const withinEurope = [...here, 'eu', 'providerEu', 'arnEu']

  it.each([
    ['no region, no level', {}, Object.keys(names)],
    ['a region alone: not out of it', { data_residency_region: 'eu-central-1' }, here],
    ['in-region', { data_residency_region: 'eu-central-1', residency: 'in-region' }, here],
    ['geo', { data_residency_region: 'eu-central-1', residency: 'geo' }, withinEurope],
    ['global', { data_residency_region: 'eu-central-1', residency: 'global' }, Object.keys(names)],
    [
      'in-region, wherever that is',
      { residency: 'in-region' },
      ['bare', 'provider', 'arnHere', 'arnElsewhere', 'arnOfApplication'],
    ],
    ['geo, of no known region', { residency: 'geo' }, ['bare', 'provider', 'arnHere', 'arnElsewhere', 'arnOfApplication']],
  ] as const)('%s', (_, tenant, allowed) => {
    const taken = Object.entries(names).filter(([, id]) => codeOf(() => checkModelResidency(tenant, id)) === 'taken')
    expect(taken.map(([name]) => name).sort()).toEqual([...allowed].sort())
  })

  it.each([
    ['eu-west-2', 'eu'],
    ['eu-central-2', 'eu'],
    ['us-gov-west-1', 'us'],
    ['ap-southeast-2', 'jp'],
    ['ap-northeast-1', 'au'],
    ['ca-central-1', 'us'],
  ])('%s is no part of the geography of %s.', (region, prefix) => {
    const tenant = { data_residency_region: region, residency: 'geo' } as const
    expect(codeOf(() => checkModelResidency(tenant, `${prefix}.${model}`))).toBe('residency_refused')
  })

  it.each([
    ['us-east-1', 'us'],
    ['us-gov-west-1', 'us-gov'],
    ['eu-north-1', 'eu'],
    ['ap-northeast-1', 'jp'],
    ['ap-southeast-2', 'au'],
    ['ap-south-1', 'apac'],
    ['ca-central-1', 'ca'],
  ])('%s is part of the geography of %s.', (region, prefix) => {
    const tenant = { data_residency_region: region, residency: 'geo' } as const
    expect(codeOf(() => checkModelResidency(tenant, `${prefix}.${model}`))).toBe('taken')
  })
})
