import type { JSONWebKeySet } from 'jose'
import { z } from 'zod'
import { InvalidInputError } from '../../errors.ts'
import { OutboundError, parseOutboundUrl } from '../../ports/outbound.ts'
import { parseInput, tryInput } from '../../read-input.ts'
import { localIssuer } from '../issuer.ts'
import { isPermission } from '../permissions.ts'
import { tenantIdPattern } from '../tenant.ts'
import { mostKeys, publicKeyForm } from './key-set.ts'
import { parseStrictJson } from './strict-json.ts'
import { longestIssuer } from './token-shape.ts'

/** All that is ever allowed. No shared secrets, no `none`. */
export const tokenAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
export type TokenAlgorithm = (typeof tokenAlgorithms)[number]

/** Claims that an issuer names otherwise, such as `custom:tenant_id`. They stand at the top of the claims. */
export interface ClaimNames {
  /** Default `tenant_id`. */
  readonly tenant?: string
  /** Default `user_id`. Where a token lacks it, its `sub` counts. */
  readonly user?: string
  /** Default `permissions`. */
  readonly permissions?: string
  /** Default `groups`. */
  readonly groups?: string
}

/** An identity provider whose tokens are taken. */
export interface TrustedIssuer {
  /** Its `iss`, to the letter. */
  readonly issuer: string
  /** What `aud` is, or contains. */
  readonly audience: string
  readonly algorithms: readonly TokenAlgorithm[]
  /** The tenants that it may speak for; `*` is all. Its tokens for another are as for a tenant that isn't there. */
  readonly tenants: readonly string[] | '*'
  /** The most that its tokens grant, whatever they say; default `userPermissions`. */
  readonly permissions?: readonly string[]
  /** Its public keys, or the URL where they are. */
  readonly keys: JSONWebKeySet | string
  readonly claims?: ClaimNames
}

const claimName = z.string().min(1).max(256).exactOptional()
const url = z.string().superRefine((text, context) => {
  const message = findUrlProblem(text)
  if (message) context.addIssue({ code: 'custom', message })
})
const keySet = z.object({ keys: z.array(publicKeyForm).min(1).max(mostKeys) })

const form: z.ZodType<TrustedIssuer> = z.strictObject({
  issuer: z
    .string()
    .min(1)
    .max(longestIssuer)
    .refine((issuer) => issuer !== localIssuer, `Must not be ${localIssuer}, which makes its tokens itself.`),
  audience: z.string().min(1).max(512),
  algorithms: z.array(z.enum(tokenAlgorithms)).min(1),
  tenants: z.union([z.literal('*'), z.array(z.string().regex(tenantIdPattern, 'Must be a tenant id.')).min(1)], {
    error: 'Must be a list of tenant ids, or "*" for all.',
  }),
  permissions: z.array(z.string().refine(isPermission, 'Must be a permission.')).exactOptional(),
  // No union, which would not say which part of a key is wrong.
  keys: z.unknown().transform((value, context): JSONWebKeySet | string => {
    const parsed = typeof value === 'string' ? parseInput(url, value) : parseInput(keySet, value)
    if (parsed.success) return parsed.data
    for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path, message })
    return z.NEVER
  }),
  claims: z.strictObject({ tenant: claimName, user: claimName, permissions: claimName, groups: claimName }).exactOptional(),
})

const list: z.ZodType<readonly TrustedIssuer[]> = z.array(form).superRefine((issuers, context) => {
  issuers.forEach(({ issuer }, index) => {
    const twice = issuers.findIndex((other) => other.issuer === issuer) < index
    if (twice) context.addIssue({ code: 'custom', path: [index, 'issuer'], message: 'Is there twice.' })
  })
})

/** @throws InvalidInputError with the field at fault, such as `0.keys.keys.1.n`. */
export function checkTrustedIssuers(issuers: unknown): readonly TrustedIssuer[] {
  const read = tryInput(list, issuers)
  if ('value' in read) return read.value
  const field = read.fault.path.join('.')
  throw new InvalidInputError(`Trusted issuers: ${field === '' ? '' : `${field}: `}${read.fault.message}`, { field })
}

/** A JSON list of {@link TrustedIssuer}. @throws InvalidInputError as {@link checkTrustedIssuers}. */
export function readTrustedIssuers(json: string): readonly TrustedIssuer[] {
  const value = parseStrictJson(json)
  if (value !== undefined) return checkTrustedIssuers(value)
  throw new InvalidInputError('Trusted issuers must be a JSON list, without a key twice in one object.', { field: '' })
}

/** Whoever can change keys on their way makes tokens: the way must be TLS, or not leave the machine. */
function findUrlProblem(text: string): string | undefined {
  try {
    const { protocol, hostname } = parseOutboundUrl(text)
    const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
    return protocol === 'https:' || here ? undefined : 'Must be https.'
  } catch (error) {
    if (error instanceof OutboundError) return error.message
    throw error
  }
}
