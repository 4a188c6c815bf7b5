import { ForbiddenError } from '../errors.ts'
import type { TenantSettings } from './tenant.ts'

type Residence = Pick<TenantSettings, 'data_residency_region' | 'residency'>

/**
 * The geography that a region of AWS belongs to, by which Bedrock names its inference profiles: prompts of `eu.` stay in regions of
 * the EU (docs.aws.amazon.com/bedrock/latest/userguide/geographic-cross-region-inference.html). London and Zurich are no part of it.
 */
const geographies: readonly (readonly [prefix: string, regions: RegExp])[] = [
  ['us-gov.', /^us-gov-/],
  ['us.', /^us-(?!gov-)/],
  ['eu.', /^eu-(?!west-2$|central-2$|isoe-)/],
  ['jp.', /^ap-northeast-[13]$/],
  ['au.', /^ap-southeast-[246]$/],
  ['apac.', /^ap-/],
  ['ca.', /^ca-/],
]
const profile = /^(?:us-gov|us|eu|apac|jp|au|ca|global)\./
const arn = /^arn:[^:]*:bedrock:([^:]*):[^:]*:[^/]*\/(.+)$/

/**
 * Refuses a region that may not hold what is a tenant's (R109, X66). To be asked before anything is stored, logged, embedded or cached.
 * @throws ForbiddenError `residency_refused`.
 */
export function checkRegion(tenant: Residence, region: string): void {
  const { data_residency_region: required } = tenant
  if (required !== undefined && required !== region) throw refused('The data of this tenant may not be here.')
}

/**
 * Refuses a spelling of a model's id that would take a prompt further than its tenant allows: a profile of another geography, the
 * global one, or an ARN of another region.
 * @throws ForbiddenError `residency_refused`.
 */
export function checkModelResidency(tenant: Residence, id: string): void {
  const { data_residency_region: region, residency = region === undefined ? 'global' : 'in-region' } = tenant
  if (residency === 'global') return
  const name = id.startsWith('bedrock/') ? id.slice('bedrock/'.length) : id
  const [, arnRegion = '', resource = name] = arn.exec(name) ?? []
  if (arnRegion !== '' && region !== undefined && arnRegion !== region) throw refused('The ARN is of another region.')
  const [prefix] = profile.exec(resource) ?? []
  if (prefix === undefined) return
  const within = region !== undefined && geographies.some(([name, regions]) => name === prefix && regions.test(region))
  if (residency === 'geo' && within) return
  throw refused(`A profile ${prefix} would take prompts out of where this tenant's may be.`)
}

function refused(message: string): ForbiddenError {
  return new ForbiddenError('residency_refused', message)
}
