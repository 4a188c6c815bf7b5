/** What is looked at in a token, one thing after the other, as somebody is shown it who finds out why one isn't taken. @module */

/** In their order. */
const all = [
  'form',
  'issuer',
  'algorithm',
  'key',
  'signature',
  'audience',
  'time',
  'claims',
  'tenant',
  'status',
  'revocation',
] as const

export type TokenCheckName = (typeof all)[number]

export interface TokenCheck {
  readonly check: TokenCheckName
  /** skipped: what it would be looked at by failed before. */
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly detail: string
}

/** Gathers checks; what follows a failure is skipped, for nothing that a token says counts before. */
export class TokenChecks {
  readonly #done = new Map<TokenCheckName, TokenCheck>()

  /** @returns whether it passed. */
  note(check: TokenCheckName, passed: boolean, detail: string): boolean {
    this.#done.set(check, { check, outcome: passed ? 'passed' : 'failed', detail })
    return passed
  }

  list(): readonly TokenCheck[] {
    return all.map((check) => this.#done.get(check) ?? { check, outcome: 'skipped', detail: '' })
  }
}
