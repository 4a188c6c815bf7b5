/** Words of our own in the place of answers that were not read, by JSON-RPC error codes that the protocol leaves free. @module */
import { type JSONRPCMessage, ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client'
import { ToolSourceError } from '@plinth/core'

const tooLarge = -31_901
const lost = -31_902

/** Stands for an answer that was larger than is read. */
export function tooLargeAnswer(id: number | string): JSONRPCMessage {
  return { jsonrpc: '2.0', id, error: { code: tooLarge, message: 'too large' } }
}

/** Stands for an answer that won't come any more. */
export function lostAnswer(id: number | string): JSONRPCMessage {
  return { jsonrpc: '2.0', id, error: { code: lost, message: 'lost' } }
}

const networkFaults = new Set<unknown>([SdkErrorCode.ConnectionClosed, SdkErrorCode.SendFailed, SdkErrorCode.NotConnected])

/** Why a call has no answer. What a server wrote of it stays behind: it may hold anything. */
export function faultOfCall(error: unknown): ToolSourceError {
  if (error instanceof ToolSourceError) return error
  if (error instanceof ProtocolError) {
    if (error.code === tooLarge) return new ToolSourceError('tool_answer_too_large')
    if (error.code === lost) return new ToolSourceError('tool_server_lost')
    return new ToolSourceError('tool_failed', { cause: error })
  }
  if (isUnknownSession(error) || isRefusedConnection(error))
    return new ToolSourceError('tool_server_unavailable', { cause: error })
  if (error instanceof SdkHttpError) return new ToolSourceError('tool_failed', { cause: error })
  if (error instanceof SdkError && !networkFaults.has(error.code)) return new ToolSourceError('tool_failed', { cause: error })
  return new ToolSourceError('tool_server_lost', { cause: error })
}

/** The server no longer knows the session (404; some say 400): it has done nothing of what was asked. */
function isUnknownSession(error: unknown): boolean {
  return error instanceof SdkHttpError && (error.data.status === 404 || error.data.status === 400)
}

/** Nobody was there to be asked. */
function isRefusedConnection(error: unknown): boolean {
  const { cause } = error instanceof Error ? error : { cause: undefined }
  return cause instanceof Error && 'code' in cause && (cause.code === 'ECONNREFUSED' || cause.code === 'ENOTFOUND')
}
