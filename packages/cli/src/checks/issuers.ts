import { PlinthError, type TrustedIssuer } from '@plinth/core'
import { loadTrustedIssuers } from '@plinth/server'
import { countOf } from '../words.ts'
import { ok, problem } from './finding.ts'
import type { Check } from './patient.ts'

/** Their form, and the files that they name; no URL is asked. */
export const issuers: Check = {
  name: 'issuers',
  look: ({ variables }) => {
    const setting = variables.PLINTH_ISSUERS
    if (!setting) return undefined
    let found: readonly TrustedIssuer[]
    try {
      found = loadTrustedIssuers(setting)
    } catch (error) {
      if (!PlinthError.is(error)) throw error
      return problem(error.message, 'Correct PLINTH_ISSUERS or what it names (docs/security.md), or unset it.')
    }
    const remote = found.filter(({ keys }) => typeof keys === 'string').length
    const asked = remote === 0 ? '' : ` The keys of ${remote} are behind URLs, which are asked when a token needs them.`
    return ok(
      `${countOf(found.length, 'issuer')} besides this Plinth: ${found.map(({ issuer }) => issuer).join(', ') || 'none'}.${asked}`,
    )
  },
}
