import type { Uses } from '../scope/scope.ts'
import { checkInput, type DirectedFinding, filterInputs } from '../tenancy/filters/filter-input.ts'
import { FilterTurns } from '../tenancy/filters/filter-turns.ts'
import { isBlocked } from '../tenancy/meter/look-through.ts'
import type { ChatRequest } from './chat.ts'
import { rewriteTexts, type TextPlace } from './request-texts.ts'

/**
 * A tenant's filters over every text of a request that a provider is sent. What can be changed is masked; where what can't be, such as the
 * name of a tool, holds what is to be masked, the request is refused.
 * @returns the request as the model may have it.
 * @throws InvalidInputError `content_blocked`; UnavailableError `filter_failed`.
 */
export async function filterRequest(
  scope: Uses<never>,
  request: ChatRequest,
): Promise<{ readonly request: ChatRequest; readonly findings: readonly DirectedFinding[] }> {
  const { input } = scope.tenant.filters
  if (Object.keys(input).length === 0) return { request, findings: [] }
  const found: Found[] = []
  rewriteTexts(request, (text, place) => {
    found.push({ ...place, text })
    return text
  })
  // Nothing but a denied phrase is written in so few digits.
  const looked = input.deny_list === undefined ? found.filter(({ text }) => !smallNumber.test(text)) : found
  const fixed = looked.filter((each) => each.fixed)
  const turns = new FilterTurns(scope.clock)
  const findings = [...(await checkNames(scope, fixed.filter(isPlainName), turns))]
  for (const each of fixed) if (!isPlainName(each)) findings.push(...(await checkInput(scope, each.text, each.field, turns)))
  for (const run of runsOf(looked.filter((each) => !each.fixed)))
    for (const [index, filtered] of (await filterInputs(scope, run, turns)).entries()) {
      findings.push(...filtered.findings)
      const each = run[index]
      if (each) each.text = filtered.text
    }
  let at = 0
  return { request: rewriteTexts(request, (text) => found[at++]?.text ?? text), findings }
}

/** A text, which becomes what the filters leave of it. */
interface Found extends TextPlace {
  text: string
}

const smallNumber = /^-?\d{1,8}(?:\.\d{1,8})?$/
/** No value of any kind is so short and of letters only. */
const plainName = /^[A-Za-z][A-Za-z_-]{0,14}\d{0,3}$/

function isPlainName({ text }: Found): boolean {
  return plainName.test(text)
}

/**
 * Tools have hundreds of names, in which denied phrases and injections can be, and nothing else. So they are looked at together; only
 * where there is something, each by itself, since what several of them come to together is nothing.
 */
async function checkNames(scope: Uses<never>, names: readonly Found[], turns: FilterTurns): Promise<readonly DirectedFinding[]> {
  const fields = new Map(names.map(({ text, field }) => [text, field]))
  if (fields.size === 0) return []
  try {
    return await checkInput(scope, [...fields.keys()].join('\n\n'), '', turns)
  } catch (error) {
    if (!isBlocked(error)) throw error
  }
  const findings: DirectedFinding[] = []
  for (const [text, field] of fields) findings.push(...(await checkInput(scope, text, field, turns)))
  return findings
}

function runsOf(texts: readonly Found[]): Iterable<Found[]> {
  const runs = new Map<number | Found, Found[]>()
  for (const each of texts) {
    const together = each.run === undefined ? undefined : runs.get(each.run)
    if (together) together.push(each)
    else runs.set(each.run ?? each, [each])
  }
  return runs.values()
}
