/** How an answer came about, for whoever asks why it is as it is: nothing of it changes the answer. @module */
import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import { filterRequest } from '../gateway/filter-request.ts'
import { estimatePromptTokens } from '../language-model/token-estimate.ts'
import type { Uses } from '../scope/scope.ts'
import type { Citation, CitedAnswer } from './answer/cite-claims.ts'
import { type ConfidenceParts, confidenceParts } from './answer/confidence.ts'
import type { EvidenceFeatures } from './answer/confidence-features.ts'
import type { RagPrompt } from './answer/prompt.ts'
import type { Passage } from './passage.ts'

/** cited: the answer rests on it · shown: the model saw it · left_out: no model saw it. */
export type PassageUse = 'cited' | 'shown' | 'left_out'

export interface ExplainedPassage extends Passage {
  readonly use: PassageUse
  /** The passage's number in the prompt, from 1; absent where no model saw it. */
  readonly number?: number
}

export interface Explanation {
  /** What was looked for: with `agent` in its words, else the question as it stands on its own. */
  readonly searched: string
  /** All that was retrieved and isn't blocked, best first; what the filters block is in `filtered`. */
  readonly passages: readonly ExplainedPassage[]
  /** What the model was sent, after the tenant's filters; null where nothing relevant was found, and none was asked. */
  readonly prompt: { readonly messages: readonly PromptMessage[]; readonly tokens: number } | null
  /** The model that answered; null where none did. */
  readonly served_by: string | null
  readonly confidence: ConfidenceParts & { readonly features: EvidenceFeatures }
  /** The claims of the answer with how well what was found supports them; empty when abstained. */
  readonly claims: readonly { readonly start: number; readonly end: number; readonly support: number; readonly cited: boolean }[]
}

export interface PromptMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly text: string
}

/** The prompt as the provider gets it: what the tenant's filters mask is masked. @throws what filterRequest throws. */
export async function promptAsSent(scope: Uses<never>, modelId: string, prompt: RagPrompt): Promise<LanguageModelV4Prompt> {
  return (await filterRequest(scope, { modelId, prompt: prompt.messages })).request.prompt
}

/** Puts together what is known of an answer, or of a refusal. */
export function explain(input: {
  readonly searched: string
  readonly retrieved: readonly Passage[]
  readonly prompt: RagPrompt
  /** Absent where no model was asked. */
  readonly sent?: LanguageModelV4Prompt | undefined
  readonly servedBy?: string | undefined
  readonly features: EvidenceFeatures
  /** Of what the model wrote; absent where it wrote nothing, or that there is no answer. */
  readonly checked?: CitedAnswer | undefined
  readonly abstained: boolean
}): Explanation {
  const { searched, retrieved, prompt, sent, servedBy, features, checked, abstained } = input
  const citations = abstained ? [] : (checked?.citations ?? [])
  return {
    searched,
    passages: retrieved.map((passage) => {
      const at = sent ? prompt.passages.findIndex((shown) => overlaps(passage, shown)) : -1
      if (at < 0) return { ...passage, use: 'left_out' }
      return { ...passage, use: citations.some((citation) => overlaps(passage, citation)) ? 'cited' : 'shown', number: at + 1 }
    }),
    prompt: sent ? { messages: textsOf(sent), tokens: estimatePromptTokens(sent) } : null,
    served_by: servedBy ?? null,
    confidence: { ...confidenceParts(features, checked), features },
    claims: abstained
      ? []
      : (checked?.claims ?? []).map((claim) => ({
          start: claim.start,
          end: claim.end,
          support: claim.support,
          cited: claim.citations.length > 0,
        })),
  }
}

/** A passage in a prompt may be cut, and a citation is a sentence of one. */
function overlaps(passage: Passage, part: Pick<Citation, 'document_id' | 'start' | 'end'>): boolean {
  return part.document_id === passage.document_id && part.start >= passage.start && part.end <= passage.end
}

function textsOf(prompt: LanguageModelV4Prompt): readonly PromptMessage[] {
  return prompt.flatMap(({ role, content }): readonly PromptMessage[] => {
    if (role === 'tool') return []
    const text = typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join('')
    return [{ role, text }]
  })
}
