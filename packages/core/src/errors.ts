/**
 * Every error that Plinth throws on purpose. `code` is stable and part of the public contract (it is the `code` of a
 * problem+json answer); `message` is for people and never holds prompts, results, secrets or a provider's raw text.
 * @module
 */

const marker = 'plinthError'

export interface ErrorOptions {
  /** What went wrong underneath; kept for logs, never sent to a client. */
  readonly cause?: unknown
  /** The input field at fault, as a path such as `plan.steps.0.id`. */
  readonly field?: string
  /** How long the caller should wait before it tries again, in seconds. */
  readonly retryAfter?: number
}

/** The base of all. Recognise it by {@link PlinthError.is}, which also holds when two copies of the package are loaded. */
export class PlinthError extends Error {
  /** Stable, snake_case. */
  readonly code: string
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean
  readonly field: string | undefined
  readonly retryAfter: number | undefined
  /** Tells a PlinthError from any other, across copies of this package. */
  readonly plinthError = true

  constructor(code: string, message: string, retryable: boolean, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.retryable = retryable
    this.field = options.field
    this.retryAfter = options.retryAfter
  }

  static is(value: unknown): value is PlinthError {
    return typeof value === 'object' && value !== null && marker in value
  }
}

/** The caller sent something that can't be right: malformed, empty, out of range, unknown. HTTP 400. */
export class InvalidInputError extends PlinthError {
  constructor(message: string, options: ErrorOptions & { readonly code?: string } = {}) {
    super(options.code ?? 'invalid_input', message, false, options)
  }
}

/** No identity, or one that doesn't hold (R95, R97). HTTP 401. */
export class UnauthorizedError extends PlinthError {
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(code, message, false, options)
  }
}

/** A good identity that may not do this (R96). HTTP 403. */
export class ForbiddenError extends PlinthError {
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(code, message, false, options)
  }
}

/** There is nothing under that id, or it belongs to another tenant: the two look the same. HTTP 404. */
export class NotFoundError extends PlinthError {
  /** @param hint where else to look. */
  constructor(what: string, hint?: string) {
    super('not_found', `There is no such ${what}.${hint === undefined ? '' : ` ${hint}`}`, false)
  }
}

/** An id or idempotency key was used before, with another body. HTTP 409. */
export class ReusedError extends PlinthError {
  constructor(what: string, field: string) {
    super('reused_with_another_body', `This ${what} was used before with another body.`, false, { field })
  }
}

/** What is asked for can't be done in the state that it is in, such as cancelling finished work. HTTP 409. */
export class WrongStateError extends PlinthError {
  constructor(message: string) {
    super('wrong_state', message, false)
  }
}

/** It was to be made only if it isn't there, and it is. HTTP 412. */
export class AlreadyThereError extends PlinthError {
  constructor(what: string, field: string) {
    super('already_there', `There is already a ${what} of this ${field}.`, false, { field })
  }
}

/** More bytes than a limit allows. HTTP 413. */
export class TooLargeError extends PlinthError {
  constructor(message: string, options?: ErrorOptions) {
    super('too_large', message, false, options)
  }
}

/** A write met a version that it didn't expect; nothing was changed. Read again and decide again. */
export class ConflictError extends PlinthError {
  /** The key that was in the way, as `collection/partition/sort`. */
  readonly key: string
  constructor(key: string) {
    super('conflict', `The record ${key} was changed by someone else.`, true)
    this.key = key
  }
}

/** A bounded counter would pass its limit; nothing was changed. HTTP 429 where a caller sees it. */
export class LimitError extends PlinthError {
  readonly key: string
  constructor(key: string, code = 'limit_reached', message = `The limit of ${key} is reached.`, options?: ErrorOptions) {
    super(code, message, true, options)
    this.key = key
  }
}

/** The tenant's budget of the month is spent, or reserved by what was accepted before. HTTP 402. */
export class BudgetExhaustedError extends PlinthError {
  constructor() {
    super('budget_exhausted', "What is left of this month's budget, of the tenant or of the key, is not enough for this.", false)
  }
}

/** The platform can't do it now: no room on the disk, a service that doesn't answer, shutting down. HTTP 503. */
export class UnavailableError extends PlinthError {
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(code, message, true, options)
  }
}

/** Sealed data that doesn't open: another key, another place, or changed bytes. Never says which. */
export class SealError extends PlinthError {
  constructor(options?: ErrorOptions) {
    super('seal_broken', 'Sealed data could not be opened.', false, options)
  }
}

/** A key that is disabled or destroyed. What it sealed can't be read (for now, or ever). */
export class KeyUnusableError extends PlinthError {
  constructor(key: string, state: 'disabled' | 'destroyed' | 'absent') {
    super(`key_${state}`, `The key ${key} is ${state}.`, false)
  }
}
