/** What the language models of Bedrock are asked for, as far as their package doesn't see to it. @module */
import type { LanguageModelV4CallOptions, LanguageModelV4Prompt, SharedV4Warning } from '@ai-sdk/provider'
import type { Guardrail, ModelEntry } from '@plinth/core'
import { withCachePoints } from './bedrock-cache.ts'
import { bedrockPrompt } from './bedrock-prompt.ts'
import type { AdaptedOptions } from './network-model.ts'

/** What a call is adapted to. */
export interface LanguageTarget {
  readonly entry: ModelEntry
  readonly guardrail: Guardrail | undefined
  readonly streamed: boolean
}

/**
 * Options as Bedrock takes them.
 * @throws InvalidInputError for content that Bedrock doesn't take.
 */
export function adaptLanguage(given: LanguageModelV4CallOptions, target: LanguageTarget): AdaptedOptions {
  const { entry } = target
  const options = withCachePoints(given, entry)
  const spoken = jsonInWords({ ...options, prompt: bedrockPrompt(options.prompt) }, entry)
  const bounded = boundedThought(spoken.options, entry)
  return { options: guarded(bounded.options, target), warnings: [...spoken.warnings, ...bounded.warnings] }
}

/** Last, so that no caller's own options take its place. What is streamed has passed the guardrail before it is sent. */
function guarded(options: LanguageModelV4CallOptions, { guardrail, streamed }: LanguageTarget): LanguageModelV4CallOptions {
  if (!guardrail) return options
  const guardrailConfig = {
    guardrailIdentifier: guardrail.identifier,
    guardrailVersion: guardrail.version,
    ...(streamed && { streamProcessingMode: 'sync' }),
  }
  const { bedrock, amazonBedrock, ...providers } = options.providerOptions ?? {}
  return { ...options, providerOptions: { ...providers, amazonBedrock: { ...bedrock, ...amazonBedrock, guardrailConfig } } }
}

/** Families that refuse `toolChoice.any`, by which the package has others keep to a schema. */
const withoutForcedTools: ReadonlySet<string> = new Set(['meta.llama'])

function jsonInWords(options: LanguageModelV4CallOptions, entry: ModelEntry): AdaptedOptions {
  const { responseFormat, ...others } = options
  if (responseFormat?.type !== 'json') return { options, warnings: [] }
  const { schema } = responseFormat
  if (schema !== undefined && !withoutForcedTools.has(entry.family)) return { options, warnings: [] }
  const form = schema === undefined ? '' : ` It must match this JSON Schema:\n${JSON.stringify(schema)}`
  const content = `Answer with one JSON value and nothing else, without a fence around it.${form}`
  const prompt: LanguageModelV4Prompt = [{ role: 'system', content }, ...options.prompt]
  const details = 'The model is asked for JSON in words; nothing enforces it.'
  return { options: { ...others, prompt }, warnings: [unsupported('responseFormat', details)] }
}

/** What the package makes of each level: a share of the most that a model writes (`mapReasoningToProviderBudget`). */
const shares = { minimal: 0.02, low: 0.1, medium: 0.3, high: 0.6, xhigh: 0.9 } as const
/** Anthropic's least, tokens. */
const leastThought = 1024

/** Of Claude, those that are given a budget of thought. Older ones don't think, later ones see to it themselves, within the limit. */
const budgeted = /claude-(?:haiku|sonnet|opus)-4-5-/
const thoughtless = /claude-3-/

/**
 * Has thought stay within the limit of the answer. That limit is what was reserved from budgets, and to clients of every protocol it
 * holds what is thought as well; the package adds the budget of thought to it, or leaves the limit out.
 */
function boundedThought(options: LanguageModelV4CallOptions, { id, maxOutput }: ModelEntry): AdaptedOptions {
  const { reasoning: asked, ...others } = options
  if (asked === undefined || asked === 'provider-default' || asked === 'none') return { options, warnings: [] }
  // The package knows no level above.
  const level = asked === 'max' ? 'xhigh' : asked
  const limit = options.maxOutputTokens ?? maxOutput
  if (thoughtless.test(id)) return { options: others, warnings: [unsupported('reasoning', 'This model does not think.')] }
  if (id.startsWith('amazon.nova-2-') && (level === 'high' || level === 'xhigh')) {
    const details = 'On this level the model takes no limit of its answer: it thinks on the level medium.'
    return { options: { ...others, reasoning: 'medium' }, warnings: [unsupported('reasoning', details)] }
  }
  if (!budgeted.test(id)) return { options: { ...others, reasoning: level }, warnings: [] }
  if (limit < 2 * leastThought) {
    const details = `The limit of the answer leaves no room for thought, which takes ${leastThought} tokens at least.`
    return { options: others, warnings: [unsupported('reasoning', details)] }
  }
  const budgetTokens = budgetOf(shares[level], limit, maxOutput)
  const { bedrock, amazonBedrock, ...providers } = options.providerOptions ?? {}
  const reasoningConfig = { type: 'enabled', budgetTokens }
  return {
    options: {
      ...others,
      maxOutputTokens: limit - budgetTokens,
      providerOptions: { ...providers, amazonBedrock: { ...bedrock, ...amazonBedrock, reasoningConfig } },
    },
    warnings: [],
  }
}

/** The level's share of all that the model writes; of the limit no more than that share, or half: something is left to be said. */
function budgetOf(share: number, limit: number, maxOutput: number): number {
  const budget = Math.floor(Math.min(share * maxOutput, Math.max(share, 0.5) * limit))
  return Math.max(leastThought, budget)
}

function unsupported(feature: string, details: string): SharedV4Warning {
  return { type: 'unsupported', feature, details }
}
