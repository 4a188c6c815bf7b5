/** A tenant's filters over what retrieval found: a poisoned document costs its own passages, and nobody an answer (X32). @module */
import type { ChatRequest } from '../gateway/chat.ts'
import { filterRequest } from '../gateway/filter-request.ts'
import type { Uses } from '../scope/scope.ts'
import { filterInTurns } from '../tenancy/filters/filter-in-turns.ts'
import type { FilterAction, FilterKind } from '../tenancy/filters/filter-settings.ts'
import { FilterTurns } from '../tenancy/filters/filter-turns.ts'
import type { Filtered } from '../tenancy/filters/matches.ts'
import { isBlocked } from '../tenancy/meter/look-through.ts'
import type { Passage } from './passage.ts'

/** What the filters found in a passage. */
export interface PassageFinding {
  readonly document_id: string
  readonly source: string
  readonly start: number
  readonly end: number
  readonly kind: FilterKind
  /** mask: its mark stands there in the prompt · block: the passage was left out · flag: it was shown as it is. */
  readonly action: FilterAction
}

export interface Screened {
  /** What a model may be shown, in their order. */
  readonly passages: readonly Passage[]
  readonly findings: readonly PassageFinding[]
}

/** Looks at each passage by the rules for what comes in. */
export async function screenPassages(scope: Uses<never>, passages: readonly Passage[]): Promise<Screened> {
  const texts = passages.map(textOf)
  const filtered = await filteredTexts(scope, texts)
  const findings = passages.flatMap(({ document_id, source, start, end }, index) =>
    (filtered[index]?.findings ?? []).map(({ kind, action }) => ({ document_id, source, start, end, kind, action })),
  )
  return { passages: passages.filter((_, index) => filtered[index]?.blocked === undefined), findings }
}

/** The same passages, those marked in which something was found. */
export async function flagPassages(scope: Uses<never>, passages: readonly Passage[]): Promise<readonly Passage[]> {
  const filtered = await filteredTexts(scope, passages.map(textOf))
  return passages.map((passage, index) => {
    const flags = filtered[index]?.findings.map(({ kind }) => kind) ?? []
    return flags.length === 0 ? passage : { ...passage, flags }
  })
}

/**
 * Those of the passages with which a request passes the filters, the best ones first. What is split over several passages, or comes
 * together with the words around them, is found only here: what completes it is left out. Takes some looks for each that is.
 * @param request what a model is to be sent with these passages.
 * @returns all of them where it doesn't pass without any: then the caller's own words are refused, and the call says so.
 */
export async function passagesThatPass(
  scope: Uses<never>,
  passages: readonly Passage[],
  request: (passages: readonly Passage[]) => ChatRequest,
): Promise<readonly Passage[]> {
  if (!Object.values(scope.tenant.filters.input).includes('block') || passages.length === 0) return passages
  const passes = async (kept: readonly Passage[]): Promise<boolean> => {
    try {
      await filterRequest(scope, request(kept))
      return true
    } catch (error) {
      if (isBlocked(error)) return false
      throw error
    }
  }
  if (await passes(passages)) return passages
  if (!(await passes([]))) return passages
  let kept: readonly Passage[] = []
  let rest = passages
  do {
    // The longest beginning with which it passes; what stands behind that is what it doesn't pass with.
    let [most, least] = [0, rest.length]
    while (least - most > 1) {
      const middle = Math.floor((most + least) / 2)
      if (await passes([...kept, ...rest.slice(0, middle)])) most = middle
      else least = middle
    }
    kept = [...kept, ...rest.slice(0, most)]
    rest = rest.slice(most + 1)
  } while (rest.length > 0 && !(await passes([...kept, ...rest])))
  return [...kept, ...rest]
}

/** What the filters leave of each text, by itself. A passage's size is nobody's doing, and isn't looked at. */
export async function filteredTexts(
  { clock, tenant: { filters } }: Uses<never>,
  texts: readonly string[],
): Promise<readonly Filtered[]> {
  const { size: _, ...input } = filters.input
  if (Object.keys(input).length === 0) return texts.map((text) => ({ text, findings: [] }))
  const turns = new FilterTurns(clock)
  const filtered: Filtered[] = []
  for (const text of texts) filtered.push(await filterInTurns(clock, text, { ...filters, input }, 'input', { turns }))
  return filtered
}

/** Tells the trail of documents with findings, and of those that were left out for what they come to together; of each once a minute. */
export async function tellFindings(
  scope: Uses<'state'>,
  what: string,
  { findings, leftOut }: { readonly findings: readonly PassageFinding[]; readonly leftOut: readonly Passage[] },
): Promise<void> {
  const all = [
    ...findings.map(({ document_id, kind, action }) => ({ document_id, filter: `input.${kind}.${action}`, action })),
    ...leftOut.map(({ document_id }) => ({ document_id, filter: 'input.together.block', action: 'block' })),
  ]
  for (const [document, found] of Map.groupBy(all, ({ document_id }) => document_id)) {
    const filters = [...new Set(found.map(({ filter }) => filter))].join('+')
    const deed = {
      what,
      resource: `documents/${document}`,
      decision: found.some(({ action }) => action === 'block') ? 'content_blocked' : 'content_flagged',
      detail: { filters: filters.length <= 64 ? filters : 'several' },
    }
    await scope.state.commit({ writes: [], deed, durability: 'relaxed' })
  }
}

function textOf({ source, content }: Passage): string {
  return `${source}\n${content}`
}
