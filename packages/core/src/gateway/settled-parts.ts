import type { ResolvedModel } from '../language-model/catalogue.ts'
import type { DirectedFinding } from '../tenancy/filters/filter-input.ts'
import type { Admitted, ChatScope, GovernedCall } from './admit-chat.ts'
import { type ChatStream, pricedUsage } from './ask-model.ts'
import type { ChatPart } from './chat.ts'
import { endChat } from './end-chat.ts'
import { filterParts } from './filter-parts.ts'
import { gatherParts } from './gather-parts.ts'
import type { LostCalls } from './lost-calls.ts'
import type { ChainAnswer } from './model-chain.ts'

export interface StreamedAnswer {
  readonly call: GovernedCall
  readonly admitted: Admitted
  readonly answered: ChainAnswer<ResolvedModel, ChatStream>
  readonly lost: LostCalls
}

/**
 * The parts as the client may have them. Whatever ends them, the call is settled: they were read to their end, failed, or were returned,
 * read or not; or the call's signal fired, also when nobody reads.
 */
export function settledParts(scope: ChatScope, streamed: StreamedAnswer): AsyncIterableIterator<ChatPart> {
  const { call, admitted, answered, lost } = streamed
  const { result, resolved, permit } = answered
  const { signal } = call
  const { cache, repeat } = admitted.places
  const keeps = cache !== undefined || repeat !== undefined
  const findings: DirectedFinding[] = []
  const given: ChatPart[] = []
  let over = false
  const conclude = async (): Promise<void> => {
    if (over) return
    over = true
    signal.removeEventListener('abort', onAbort)
    const usage = result.used()
    permit.settle(usage.inputTokens + usage.outputTokens)
    const all = lost.with(pricedUsage(resolved, usage))
    await endChat(scope, call, admitted, { resolved, usage: all, findings, chat: gatherParts(given) })
  }
  async function* parts(): AsyncGenerator<ChatPart, void, undefined> {
    try {
      for await (const part of filterParts(scope, result, (more) => findings.push(...more))) {
        if (keeps || part.type === 'finish') given.push(part)
        // Before its last part is out, so that whoever has the whole answer is counted.
        if (part.type === 'finish') await conclude()
        yield part
      }
    } finally {
      await conclude()
    }
  }
  const inner = parts()
  let begun = false
  let left = false
  const leave = async (): Promise<void> => {
    if (begun) await inner.return()
    else {
      await result.return()
      await conclude()
    }
  }
  const onAbort = (): void => {
    left = true
    // Whoever reads is told; the most is counted where it can't be settled.
    leave().catch(() => {})
  }
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  const iterator: AsyncIterableIterator<ChatPart> = {
    next: async () => {
      begun = true
      const next = await inner.next()
      // It is no answer that came to its end.
      if (next.done && left) throw signal.reason
      return next
    },
    return: async () => {
      await leave()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return iterator
}
