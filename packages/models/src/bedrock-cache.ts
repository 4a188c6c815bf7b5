/** Where the front of a prompt ends that Bedrock is to keep for the next one that begins like it. @module */
import { createHash } from 'node:crypto'
import type { LanguageModelV4CallOptions, LanguageModelV4Message, SharedV4ProviderOptions } from '@ai-sdk/provider'
import { estimatePromptTokens, estimateTextTokens, type ModelEntry } from '@plinth/core'

/** Bedrock takes no more of a request (Amazon Bedrock user guide, prompt caching). */
const mostPoints = 4
/** Those that take points among messages. Nova refuses some, as behind an image or a tool's result (earendil-works/pi#2053). */
const amongMessages: ReadonlySet<string> = new Set(['anthropic.claude'])

/**
 * The options with the cache points that the model takes: those that a client set, else one behind the texts of the system that a
 * prompt begins with, where they are long enough together with the tools, which the model reads before them. A model that keeps
 * nothing is sent none.
 *
 * Bedrock keeps fronts for the whole account. So what is kept begins with a mark of its tenant: else who sends the front that another tenant
 * sent would see, by counts and by time, that it was there. Of a call that says no tenant nothing is kept.
 */
export function withCachePoints(options: LanguageModelV4CallOptions, entry: ModelEntry): LanguageModelV4CallOptions {
  const tenant = tenantOf(options)
  const { options: marked, points } = pointed(options, {
    family: entry.family,
    promptCache: tenant === undefined ? undefined : entry.promptCache,
  })
  if (tenant === undefined || points === 0) return marked
  const mark = createHash('sha256').update(`prompt cache of ${tenant}`).digest('base64url').slice(0, 16)
  return { ...marked, prompt: [{ role: 'system', content: `Group ${mark}.` }, ...marked.prompt] }
}

function tenantOf({ providerOptions }: LanguageModelV4CallOptions): string | undefined {
  const { tenant_id: tenant } = (providerOptions?.bedrock?.requestMetadata ?? {}) as { readonly tenant_id?: unknown }
  return typeof tenant === 'string' && tenant !== '' ? tenant : undefined
}

interface Pointed {
  readonly options: LanguageModelV4CallOptions
  readonly points: number
}

interface Keeper {
  readonly family: string
  /** Absent: keeps nothing. */
  readonly promptCache: ModelEntry['promptCache'] | undefined
}

function pointed(options: LanguageModelV4CallOptions, { family, promptCache }: Keeper): Pointed {
  let points = 0
  const prompt = options.prompt.map((message): LanguageModelV4Message => {
    const allowed = promptCache !== undefined && (message.role === 'system' || amongMessages.has(family))
    const keeps = (): boolean => allowed && ++points <= mostPoints
    if (message.role === 'system') return settled(message, keeps)
    // Each part is of the kind that it was.
    return { ...message, content: message.content.map((part) => settled(part, keeps)) } as LanguageModelV4Message
  })
  if (promptCache === undefined || points > 0) return { options: { ...options, prompt }, points }
  const front = prompt.slice(
    0,
    Math.max(
      0,
      prompt.findIndex(({ role }) => role !== 'system'),
    ),
  )
  const last = front.at(-1)
  const { tools = [] } = options
  const tokens = estimatePromptTokens(front) + (tools.length === 0 ? 0 : estimateTextTokens(JSON.stringify(tools)))
  if (last === undefined || tokens < promptCache.leastTokens) return { options: { ...options, prompt }, points }
  prompt[front.length - 1] = { ...last, providerOptions: withPoint(last.providerOptions) }
  return { options: { ...options, prompt }, points: 1 }
}

interface Holder {
  readonly providerOptions?: SharedV4ProviderOptions
}

function settled<Given extends Holder>(given: Given, keeps: () => boolean): Given {
  const { amazonBedrock, ...others } = given.providerOptions ?? {}
  if (amazonBedrock?.cachePoint === undefined || keeps()) return given
  const { cachePoint: _, ...left } = amazonBedrock
  return { ...given, providerOptions: { ...others, amazonBedrock: left } }
}

function withPoint(options: SharedV4ProviderOptions | undefined): SharedV4ProviderOptions {
  return { ...options, amazonBedrock: { ...options?.amazonBedrock, cachePoint: { type: 'default' } } }
}
