/** A tenant's filters over answers: every text that comes back, whatever part of a message it is. @module */
import { filterAnswer } from '../language-model/filtered-answer.ts'
import type { Uses } from '../scope/scope.ts'
import type { DirectedFinding } from '../tenancy/filters/filter-input.ts'
import { FilterTurns } from '../tenancy/filters/filter-turns.ts'
import type { ModelChat } from './ask-model.ts'
import type { ChatContent } from './chat.ts'

/** What filters make of one text. */
type FilterText = (text: string) => Promise<string>

/** A card's number may be a number. */
const longNumber = 1e8

/** Arguments of a tool; what is no JSON is a text. Only what a filter changes is written anew, so that long numbers stay as they are. */
export async function filterArguments(input: string, filter: FilterText): Promise<string> {
  if (!isJson(input)) return filter(input)
  let filtered = ''
  let written = 0
  for (const { start, end } of scalarsOf(input)) {
    const text = input.slice(start, end)
    const value = text.startsWith('"') ? (JSON.parse(text) as string) : text
    if (value === text && Math.abs(Number(text)) < longNumber) continue
    const masked = await filter(value)
    if (masked === value) continue
    filtered += input.slice(written, start) + JSON.stringify(masked)
    written = end
  }
  return filtered + input.slice(written)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Where the strings, names included, and the numbers of a JSON text are. */
function* scalarsOf(json: string): Generator<{ readonly start: number; readonly end: number }> {
  const isPartOfNumber = (at: number): boolean => /[-+.0-9eE]/.test(json.charAt(at))
  for (let at = 0; at < json.length; at++) {
    const start = at
    if (json[at] === '"') {
      for (at++; json[at] !== '"'; at++) if (json[at] === '\\') at++
      yield { start, end: at + 1 }
    } else if (/[-0-9]/.test(json.charAt(at))) {
      while (isPartOfNumber(at + 1)) at++
      yield { start, end: at + 1 }
    }
  }
}

/** A whole answer as its client may have it. Where anything is blocked nothing is left. @throws UnavailableError `filter_failed`. */
export async function filterChat(
  scope: Uses<never>,
  { content, finish }: ModelChat,
): Promise<ModelChat & { readonly findings: readonly DirectedFinding[] }> {
  if (Object.keys(scope.tenant.filters.output).length === 0) return { content, finish, findings: [] }
  const findings: DirectedFinding[] = []
  const turns = new FilterTurns(scope.clock)
  let blocked = false
  const filter: FilterText = async (text) => {
    const result = await filterAnswer(scope, text, turns)
    findings.push(...result.findings)
    blocked ||= result.blocked
    return result.text
  }
  const filtered: ChatContent[] = []
  for (const part of content) {
    if (part.type === 'tool-call') filtered.push({ ...part, input: await filterArguments(part.input, filter) })
    else filtered.push({ ...part, text: await filter(part.text) })
  }
  return blocked
    ? { content: [], finish: { ...finish, reason: 'content-filter' }, findings }
    : { content: filtered, finish, findings }
}
