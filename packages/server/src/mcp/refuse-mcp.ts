import { ForbiddenError, InvalidInputError, type Permission } from '@plinth/core'
import type { Answer } from '../exchange.ts'
import { problem, problemOf } from '../problem.ts'

/** Whoever asks may not call this tool; says what it would need (RFC 6750, 3.1). */
export class InsufficientScopeError extends ForbiddenError {
  readonly permission: Permission
  constructor(permission: Permission) {
    super('permission_denied', 'Insufficient permissions.')
    this.permission = permission
  }
}

/** JSON-RPC 2.0, 5.1. */
export type RpcCode = -32700 | -32600

/** A body that is no message of the protocol. */
export class NoMessageError extends InvalidInputError {
  readonly rpcCode: RpcCode
  constructor(rpcCode: RpcCode, message: string, cause?: unknown) {
    super(message, { code: 'message_malformed', cause })
    this.rpcCode = rpcCode
  }
}

/** An error of `/mcp`: in the protocol's form where the message is at fault, else as on every other path. */
export function refuseMcp(error: unknown, requestId: string): Answer {
  const answer = problem(error, requestId)
  if (error instanceof InsufficientScopeError)
    answer.headers['www-authenticate'] = `Bearer error="insufficient_scope", scope="${error.permission}"`
  if (!(error instanceof NoMessageError)) return answer
  const told = {
    jsonrpc: '2.0',
    id: null,
    error: { code: error.rpcCode, message: error.message, data: problemOf(error, requestId) },
  }
  return { ...answer, headers: { ...answer.headers, 'content-type': 'application/json' }, body: JSON.stringify(told) }
}
