import { textOfAnswer } from '../../gateway/answer-text.ts'
import { pricedUsage } from '../../gateway/ask-model.ts'
import { answerChat, type ChatScope } from '../../gateway/governed-chat.ts'
import { uuid } from '../../ids.ts'
import type { Usage } from '../../language-model/catalogue.ts'
import { inAll, noUsage } from '../../rag/usage.ts'
import { maxTokensOf } from '../../tenancy/tenant-models.ts'
import type { Analysis } from '../insight.ts'
import { parseAnalyses } from './parse-analysis.ts'
import { analysisSchema, type IncidentEvidence, triagePrompt, type UnusableAnswer } from './prompt.ts'

/** Guarantee 7: what a model wrote is asked for again at most twice. */
const mostTries = 3

export interface Asking {
  readonly evidence: readonly IncidentEvidence[]
  /** The same for the call that takes its place after a crash: an answer that was paid for is found again. */
  readonly invocation: string
  readonly signal: AbortSignal
  /** Before each call. What it throws ends the asking. */
  takeCall(): Promise<void>
}

export interface Asked {
  /** In the order of the evidence; undefined when no answer could be used. */
  readonly analyses: readonly Analysis[] | undefined
  /** What was wrong with the last answer. */
  readonly faults: readonly string[]
  /** What answered. */
  readonly model: string
  readonly calls: number
  readonly usage: Usage
}

/**
 * Asks the tenant's default model to analyse incidents, as the tenant may: with its filters, limits and budget.
 * @throws what `takeCall` and answerChat throw.
 */
export async function askModel(scope: ChatScope, { evidence, invocation, signal, takeCall }: Asking): Promise<Asked> {
  const resolved = scope.models.resolve()
  const tries: UnusableAnswer[] = []
  let usage = noUsage
  let model = resolved.servedBy
  while (tries.length < mostTries) {
    await takeCall()
    const answer = await answerChat(scope, {
      id: uuid(scope.clock),
      invocation: `${invocation}:${tries.length}`,
      leavable: true,
      request: {
        modelId: resolved.id,
        prompt: triagePrompt(evidence, tries),
        maxOutputTokens: maxTokensOf(scope.tenant, resolved.entry),
        ...(resolved.entry.capabilities.structuredOutput
          ? { responseFormat: { type: 'json', name: 'analyses', schema: analysisSchema(evidence.length) as never } }
          : {}),
      },
      what: 'analytics.triage',
      signal,
    })
    usage = inAll(usage, pricedUsage(resolved, answer.finish.usage))
    model = answer.servedBy.model
    const text = textOfAnswer(answer.content)
    const read = parseAnalyses(text, evidence.length)
    if ('analyses' in read) return { analyses: read.analyses, faults: [], model, calls: tries.length + 1, usage }
    tries.push({ text, faults: read.faults })
  }
  return { analyses: undefined, faults: tries.at(-1)?.faults ?? [], model, calls: tries.length, usage }
}
