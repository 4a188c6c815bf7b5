import { estimateTextTokens } from '../../language-model/token-estimate.ts'
import type { StepCall } from '../run/run-engine.ts'
import { upTo } from '../whole-characters.ts'

/** How much of what steps before gave an agent is shown. */
export interface ContextRoom {
  /** Of all results together. */
  readonly tokens: number
  /** Whether it can have the rest by `read_result`. */
  readonly canReadRest: boolean
}

/**
 * gather_dependency_context of the seed (R61, X41): the results of the steps before, each between tags that no result can close, within a
 * budget of tokens, as {@link shareTokens} has it.
 */
export function gatherDependencyContext(results: StepCall['results'], boundary: string, room: ContextRoom): string {
  const texts = shareTokens(
    results.map(({ result }) => result.text),
    room,
  )
  const tag = `result-${boundary}`
  return results.map(({ step }, index) => `<${tag} step="${step}">\n${texts[index] ?? ''}\n</${tag}>`).join('\n')
}

/** Texts within a budget of tokens: each may have the same, and what one doesn't need the others share. What is cut says so. */
export function shareTokens(texts: readonly string[], room: ContextRoom): readonly string[] {
  const sizes = texts.map(estimateTextTokens)
  const bySize = [...sizes.keys()].sort((one, other) => (sizes[one] ?? 0) - (sizes[other] ?? 0))
  const shown = [...texts]
  let left = room.tokens
  for (const [place, index] of bySize.entries()) {
    const share = Math.floor(left / (bySize.length - place))
    const size = sizes[index] ?? 0
    if (size > share) shown[index] = cut(texts[index] ?? '', share, room)
    left -= Math.min(size, share)
  }
  return shown
}

/** The beginning of a text, of at most so many tokens, and what is missing. */
function cut(text: string, tokens: number, { canReadRest }: ContextRoom): string {
  const kept = upTo(text, lengthWithin(text, tokens))
  const rest = canReadRest ? `; read_result gives them from ${kept.length} on` : ''
  return `${kept}\n[Cut here: ${text.length - kept.length} of ${text.length} characters are left out${rest}.]`
}

/** How many characters of a text come to so many tokens. */
function lengthWithin(text: string, tokens: number): number {
  let [fits, breaks] = [0, text.length + 1]
  while (breaks - fits > 1) {
    const middle = Math.floor((fits + breaks) / 2)
    if (estimateTextTokens(text.slice(0, middle)) <= tokens) fits = middle
    else breaks = middle
  }
  return fits
}
