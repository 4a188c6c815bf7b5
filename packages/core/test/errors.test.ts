import { describe, expect, it } from 'vitest'
import * as errors from '../src/errors.ts'
import { NewerSchemaError } from '../src/index.ts'

const { PlinthError } = errors

describe('the errors', () => {
  const every: readonly (readonly [errors.PlinthError, string, boolean])[] = [
    [new errors.InvalidInputError('m'), 'invalid_input', false],
    [new errors.UnauthorizedError('token_invalid', 'm'), 'token_invalid', false],
    [new errors.ForbiddenError('permission_denied', 'm'), 'permission_denied', false],
    [new errors.NotFoundError('thing'), 'not_found', false],
    [new errors.ReusedError('key', 'field'), 'reused_with_another_body', false],
    [new errors.WrongStateError('m'), 'wrong_state', false],
    [new errors.AlreadyThereError('thing', 'name'), 'already_there', false],
    [new errors.TooLargeError('m'), 'too_large', false],
    [new errors.ConflictError('a/b/c'), 'conflict', true],
    [new errors.BudgetExhaustedError(), 'budget_exhausted', false],
    [new errors.LimitError('a/b/c'), 'limit_reached', true],
    [new errors.UnavailableError('no_answer', 'm'), 'no_answer', true],
    [new errors.SealError(), 'seal_broken', false],
    [new errors.KeyUnusableError('alias/x', 'absent'), 'key_absent', false],
    [new NewerSchemaError('things'), 'newer_schema', true],
  ]

  it('have a name, a stable code, and say whether to try again [R127]', () => {
    for (const [error, code, retryable] of every) {
      expect([error.code, error.retryable, error.name]).toEqual([code, retryable, error.constructor.name])
      expect(error).toBeInstanceOf(Error)
      expect(PlinthError.is(error)).toBe(true)
    }
    const classes = Object.values(errors).filter((value): value is typeof PlinthError => typeof value === 'function')
    const shown = new Set<unknown>(every.map(([error]) => error.constructor))
    expect(classes.filter((type) => !shown.has(type))).toEqual([PlinthError])
  })

  it('keep their cause for logs, and carry a field and a time to wait', () => {
    const cause = new Error('underneath')
    const error = new errors.UnavailableError('no_answer', 'm', { cause, field: 'a.b', retryAfter: 5 })
    expect([error.cause, error.field, error.retryAfter]).toEqual([cause, 'a.b', 5])
    expect('cause' in new errors.UnavailableError('no_answer', 'm')).toBe(false)
  })

  it('are known across copies of the package, and nothing else is', () => {
    expect(PlinthError.is({ plinthError: true })).toBe(true)
    for (const other of [new Error('m'), null, undefined, 'conflict', 1, {}]) expect(PlinthError.is(other)).toBe(false)
  })
})
