import type { ServerEvent } from '../define/route.ts'
import { textOfAnswer } from '../gateway/answer-text.ts'
import { pricedUsage } from '../gateway/ask-model.ts'
import type { ChatFinish } from '../gateway/chat.ts'
import { answerChat, type GovernedCall, openChat } from '../gateway/governed-chat.ts'
import { uuid } from '../ids.ts'
import type { Usage } from '../language-model/catalogue.ts'
import type { Uses } from '../scope/scope.ts'
import { maxTokensOf } from '../tenancy/tenant-models.ts'
import { lookOnce, lookSeveralTimes, standingAlone } from './agent.ts'
import { isAbstention, refusalText } from './answer/abstention.ts'
import { type Citation, citeClaims } from './answer/cite-claims.ts'
import { confidenceOf, confidenceOfRefusal, isAboveFloor, leastConfidence } from './answer/confidence.ts'
import { type EvidenceFeatures, evidenceFeatures } from './answer/confidence-features.ts'
import { type RagPrompt, ragPrompt } from './answer/prompt.ts'
import type { Passage } from './passage.ts'
import type { QueryBody } from './rag-forms.ts'
import { type PassageFinding, passagesThatPass, tellFindings } from './screen-passages.ts'
import { inAll, noUsage } from './usage.ts'

export type AnswerScope = Uses<'state' | 'search' | 'models' | 'gate'>

/** R32, as the contract has it. */
export interface RagAnswer {
  readonly response: string
  readonly tenant_id: string
  /** Names of the documents that are cited (X28). */
  readonly sources: readonly string[]
  /** How probably the documents support the response: 0 to 1 (R33). */
  readonly confidence: number
  readonly abstained: boolean
  readonly citations: readonly Citation[]
  /** Passages that were found, and in which the tenant's filters found something: with `block` they had no part in the answer. */
  readonly filtered: readonly PassageFinding[]
  readonly usage: Usage
}

/** R31. */
const usualMaxTokens = 2_000
/** For what is shown to the model. */
const contextTokens = 6_000
/** What the audit trail calls it. */
const queryRoute = 'POST /api/rag/query'

/**
 * generate_rag_response of the seed (R27): finds passages, lets a model answer from them, ties each claim to its place in a source, and
 * says how probable it is that they support it; or says that they hold no answer (R38), without a model when nothing fits (X30).
 * @throws what retrieval and a model's call throw.
 */
export async function answerQuestion(scope: AnswerScope, body: QueryBody, signal: AbortSignal): Promise<RagAnswer> {
  const looked = await look(scope, body, signal)
  if (!looked.isRelated) return refusal(scope, looked)
  const { content, finish } = await answerChat(scope, callOf(scope, body, looked.prompt, signal))
  const text = textOfAnswer(content)
  return judged(scope, body, looked, { text, finish })
}

/** The same in parts: `token` as the model writes, and `done` with the answer as it counts. */
export async function* streamAnswer(scope: AnswerScope, body: QueryBody, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  let id = 0
  const looked = await look(scope, body, signal)
  const { passages } = looked.prompt
  yield { id: ++id, event: 'status', data: { status: 'retrieved', passages: passages.length } }
  if (!looked.isRelated) return yield { id: ++id, event: 'done', data: refusal(scope, looked) }
  const { parts } = await openChat(scope, callOf(scope, body, looked.prompt, signal))
  let text = ''
  for await (const part of parts) {
    if (part.type === 'text-delta') {
      text += part.delta
      yield { id: ++id, event: 'token', data: { text: part.delta } }
    } else if (part.type === 'finish') {
      yield { id: ++id, event: 'done', data: judged(scope, body, looked, { text, finish: part.finish }) }
    }
  }
}

interface Looked {
  readonly prompt: RagPrompt
  readonly features: EvidenceFeatures
  /** Whether a model is worth asking. */
  readonly isRelated: boolean
  readonly findings: readonly PassageFinding[]
  /** What an agent's own calls used. */
  readonly used: Usage
}

async function look(scope: AnswerScope, body: QueryBody, signal: AbortSignal): Promise<Looked> {
  const { retrieval, question, used, findings } = body.agent
    ? await lookSeveralTimes(scope, body, signal)
    : { ...(await lookOnce(scope, body, signal)), question: standingAlone(body), used: noUsage }
  const promptOf = (passages: readonly Passage[]): RagPrompt =>
    ragPrompt({
      question: body.query,
      ...(body.history ? { history: body.history } : {}),
      passages,
      budgetTokens: contextTokens,
    })
  const whole = promptOf(retrieval.passages)
  const { id: modelId } = scope.models.resolve(body.model_id)
  const kept = await passagesThatPass(scope, whole.passages, (some) => ({ modelId, prompt: promptOf(some).messages }))
  const prompt = kept === whole.passages ? whole : promptOf(kept)
  const { passages } = prompt
  const features = evidenceFeatures({ question, passages, retrieval: retrieval.signals })
  const leftOut = whole.passages.filter((passage) => !kept.includes(passage))
  await tellFindings(scope, queryRoute, { findings, leftOut })
  return { prompt, features, isRelated: passages.length > 0 && isAboveFloor(features), findings, used }
}

function callOf(scope: AnswerScope, body: QueryBody, prompt: RagPrompt, signal: AbortSignal): GovernedCall {
  const { id, entry } = scope.models.resolve(body.model_id)
  const { max_tokens: most = usualMaxTokens } = scope.tenant.model_config
  const maxOutputTokens = maxTokensOf(scope.tenant, entry, body.max_tokens ?? Math.min(usualMaxTokens, most, entry.maxOutput))
  return {
    id: uuid(scope.clock),
    request: { modelId: id, prompt: prompt.messages, maxOutputTokens },
    what: queryRoute,
    signal,
  }
}

function judged(
  scope: AnswerScope,
  body: QueryBody,
  looked: Looked,
  { text, finish }: { readonly text: string; readonly finish: ChatFinish },
): RagAnswer {
  const { passages } = looked.prompt
  const usage = inAll(looked.used, pricedUsage(scope.models.resolve(body.model_id), finish.usage))
  if (isAbstention(text)) return { ...refusal(scope, looked), response: text, usage }
  const cited = citeClaims({ answer: text, passages })
  const confidence = confidenceOf(looked.features, cited)
  if (confidence < leastConfidence) return { ...refusal(scope, looked), usage }
  return {
    response: text,
    tenant_id: scope.caller.tenant,
    sources: [...new Set(cited.citations.map(({ source }) => source))],
    confidence,
    abstained: false,
    citations: cited.citations,
    filtered: looked.findings,
    usage,
  }
}

function refusal(scope: AnswerScope, { prompt: { passages }, features, findings, used }: Looked): RagAnswer {
  return {
    response: refusalText(passages),
    tenant_id: scope.caller.tenant,
    sources: [],
    confidence: confidenceOfRefusal(features),
    abstained: true,
    citations: [],
    filtered: findings,
    usage: used,
  }
}
