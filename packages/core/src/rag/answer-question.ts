import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import type { ServerEvent } from '../define/route.ts'
import { PlinthError } from '../errors.ts'
import { textOfAnswer } from '../gateway/answer-text.ts'
import { pricedUsage } from '../gateway/ask-model.ts'
import type { ChatFinish } from '../gateway/chat.ts'
import { answerChat, type GovernedCall, type GovernedStream, openChat } from '../gateway/governed-chat.ts'
import { uuid } from '../ids.ts'
import type { Usage } from '../language-model/catalogue.ts'
import type { Uses } from '../scope/scope.ts'
import { maxTokensOf } from '../tenancy/tenant-models.ts'
import { lookOnce, lookSeveralTimes, standingAlone } from './agent.ts'
import { isAbstention, refusalText } from './answer/abstention.ts'
import { type Citation, type CitedAnswer, citeClaims } from './answer/cite-claims.ts'
import { confidenceOf, confidenceOfRefusal, isAboveFloor, leastConfidence } from './answer/confidence.ts'
import { type EvidenceFeatures, evidenceFeatures } from './answer/confidence-features.ts'
import { type RagPrompt, ragPrompt } from './answer/prompt.ts'
import { type Explanation, explain, promptAsSent } from './explain-answer.ts'
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
  /** How it came about, where the question asks for it. */
  readonly explanation?: Explanation
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
  if (!looked.isRelated) return refusal(scope, body, looked)
  const { content, finish, servedBy } = await answerChat(scope, callOf(scope, body, looked.prompt, signal))
  const text = textOfAnswer(content)
  return judged(scope, body, looked, { text, finish, servedBy: servedBy.model })
}

/**
 * The same in parts: `token` as the model writes, and `done` with the answer as it counts; `error` where it breaks off.
 * @throws what refuses it before the first part.
 */
export async function streamAnswer(
  scope: AnswerScope,
  body: QueryBody,
  signal: AbortSignal,
): Promise<AsyncIterableIterator<ServerEvent>> {
  const looked = await look(scope, body, signal)
  return answerEvents(
    scope,
    body,
    looked,
    looked.isRelated ? await openChat(scope, callOf(scope, body, looked.prompt, signal)) : undefined,
  )
}

async function* answerEvents(
  scope: AnswerScope,
  body: QueryBody,
  looked: Looked,
  chat: GovernedStream | undefined,
): AsyncGenerator<ServerEvent> {
  let id = 0
  try {
    yield { id: ++id, event: 'status', data: { status: 'retrieved', passages: looked.prompt.passages.length } }
    if (!chat) return yield { id: ++id, event: 'done', data: refusal(scope, body, looked) }
    let text = ''
    for await (const part of chat.parts) {
      if (part.type === 'text-delta') {
        text += part.delta
        yield { id: ++id, event: 'token', data: { text: part.delta } }
      } else if (part.type === 'finish') {
        const written = { text, finish: part.finish, servedBy: chat.servedBy.model }
        yield { id: ++id, event: 'done', data: judged(scope, body, looked, written) }
      }
    }
  } catch (error) {
    if (!PlinthError.is(error)) throw error
    const { code, message, retryable } = error
    yield { id: ++id, event: 'error', data: { code, message, retryable } }
  }
}

interface Looked {
  /** As it stands on its own, or in an agent's words. */
  readonly question: string
  readonly retrieved: readonly Passage[]
  readonly prompt: RagPrompt
  /** The prompt behind the filters, for whoever asks to see it. */
  readonly sent?: LanguageModelV4Prompt
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
  const isRelated = passages.length > 0 && isAboveFloor(features)
  const sent = body.explain && isRelated ? await promptAsSent(scope, modelId, prompt) : undefined
  const retrieved = retrieval.passages
  return { question, retrieved, prompt, ...(sent && { sent }), features, isRelated, findings, used }
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

interface Written {
  readonly text: string
  readonly finish: ChatFinish
  readonly servedBy: string
}

function judged(scope: AnswerScope, body: QueryBody, looked: Looked, { text, finish, servedBy }: Written): RagAnswer {
  const { passages } = looked.prompt
  const usage = inAll(looked.used, pricedUsage(scope.models.resolve(body.model_id), finish.usage))
  if (isAbstention(text)) return { ...refusal(scope, body, looked, { servedBy }), response: text, usage }
  const cited = citeClaims({ answer: text, passages })
  const confidence = confidenceOf(looked.features, cited)
  if (confidence < leastConfidence) return { ...refusal(scope, body, looked, { servedBy, checked: cited }), usage }
  return {
    response: text,
    tenant_id: scope.caller.tenant,
    sources: [...new Set(cited.citations.map(({ source }) => source))],
    confidence,
    abstained: false,
    citations: cited.citations,
    filtered: looked.findings,
    usage,
    ...explained(body, looked, { servedBy, checked: cited, abstained: false }),
  }
}

/** What a model wrote in vain, if one was asked. */
interface Refused {
  readonly servedBy?: string
  readonly checked?: CitedAnswer
}

function refusal(scope: AnswerScope, body: QueryBody, looked: Looked, refused: Refused = {}): RagAnswer {
  return {
    response: refusalText(looked.prompt.passages, Object.keys(body.filter ?? {}).length > 0),
    tenant_id: scope.caller.tenant,
    sources: [],
    confidence: confidenceOfRefusal(looked.features),
    abstained: true,
    citations: [],
    filtered: looked.findings,
    usage: looked.used,
    ...explained(body, looked, { ...refused, abstained: true }),
  }
}

function explained(
  body: QueryBody,
  { question, retrieved, prompt, sent, features }: Looked,
  ended: Refused & { readonly abstained: boolean },
): Pick<RagAnswer, 'explanation'> {
  if (!body.explain) return {}
  return { explanation: explain({ searched: question, retrieved, prompt, sent, features, ...ended }) }
}
