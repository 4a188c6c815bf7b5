/** What is said to those who are not let in: the same for all that may be wrong with a token. @module */
import { UnauthorizedError } from '../../errors.ts'

export function tokenMissing(): UnauthorizedError {
  return new UnauthorizedError('token_missing', 'Send a bearer token.')
}

/** @param cause for the log; nothing of it is told. */
export function tokenInvalid(cause?: unknown): UnauthorizedError {
  return new UnauthorizedError('token_invalid', 'Token validation failed.', { cause })
}

/** Said only of a token whose signature holds, and of a virtual key that was sent whole. */
export function tokenExpired(cause?: unknown): UnauthorizedError {
  return new UnauthorizedError('token_expired', 'Token validation failed: the token has expired.', { cause })
}

/** As {@link tokenExpired}. */
export function tokenRevoked(): UnauthorizedError {
  return new UnauthorizedError('token_revoked', 'Token validation failed: the token was revoked.')
}

/** As the registry says it: whether a tenant isn't there, or isn't its issuer's, can't be told apart. */
export function tenantUnknown(): UnauthorizedError {
  return new UnauthorizedError('tenant_unknown', 'Invalid or inactive tenant.')
}
