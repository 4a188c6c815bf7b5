import { answerChat, type ChatHead, type GovernedCall, type Log, openChat, type Scope, type ServedBy } from '@plinth/core'
import type { Answer, Arrival } from '../exchange.ts'
import { CallEnd } from './call-end.ts'
import { chatStream } from './chat-stream.ts'
import { inClientFields } from './client-fields.ts'
import { wrong } from './form.ts'
import type { ChatCall } from './protocol.ts'

/** What an operation of the gateway is served with. */
export interface GatewayCall {
  readonly arrival: Arrival
  readonly scope: Scope
  /** Of our own words: for the audit trail, spans and figures. */
  readonly name: string
  readonly requestId: string
  readonly log: Log
  /** Fires when the server stops. */
  readonly stopping: AbortSignal
}

/** Answers one chat, whole or in parts, whatever its protocol. @throws PlinthError. */
export async function serveChat(call: GatewayCall, chat: ChatCall): Promise<Answer> {
  const { arrival, scope, name, requestId } = call
  refuseHeaders(arrival, chat.refusedHeaders ?? [])
  const head = { id: requestId, modelId: chat.request.modelId, created: scope.clock.now() }
  const end = new CallEnd(call)
  const governed: GovernedCall = {
    id: requestId,
    request: chat.request,
    what: name,
    signal: end.signal,
    invocation: invocationOf(arrival),
    fresh: /\bno-(?:cache|store)\b/.test(arrival.header('cache-control') ?? ''),
  }
  if (chat.streamed) return streamed(call, chat, { governed, head, end })
  try {
    const { servedBy, ...answer } = await inClientFields(chat.fieldOf, () => answerChat(scope, governed))
    return withHeaders(chat.answer({ ...head, ...answer }), servedBy)
  } finally {
    end.release()
  }
}

async function streamed(
  { scope, log, requestId }: GatewayCall,
  chat: ChatCall,
  { governed, head, end }: { readonly governed: GovernedCall; readonly head: ChatHead; readonly end: CallEnd },
): Promise<Answer> {
  try {
    const { servedBy, parts } = await inClientFields(chat.fieldOf, () => openChat(scope, governed))
    const encoder = chat.stream(head)
    const stream = chatStream({ clock: scope.clock, log, requestId, encoder, parts, end })
    return withHeaders({ status: 200, headers: { ...encoder.headers }, stream }, servedBy)
  } catch (error) {
    end.release()
    throw error
  }
}

/** @throws InvalidInputError for headers that would change the answer and can't be heeded. */
export function refuseHeaders(arrival: Pick<Arrival, 'header'>, names: readonly string[]): void {
  for (const name of names) if (arrival.header(name) !== undefined) throw wrong(name, 'This header is not supported.')
}

/** The same over the retries of an AWS SDK's call. What isn't made like one is none. */
function invocationOf(arrival: Arrival): string | undefined {
  const id = arrival.header('amz-sdk-invocation-id')
  return id !== undefined && /^[\x21-\x7e]{1,128}$/.test(id) ? id : undefined
}

function withHeaders({ headers, ...answer }: Answer, { model, lifecycle, kept }: ServedBy): Answer {
  return {
    ...answer,
    headers: {
      'cache-control': 'private, no-store',
      ...headers,
      'x-plinth-model': model,
      ...(lifecycle === 'active' ? {} : { 'x-plinth-model-lifecycle': lifecycle }),
      ...(kept ? { 'x-plinth-cache': 'hit' } : {}),
    },
  }
}
