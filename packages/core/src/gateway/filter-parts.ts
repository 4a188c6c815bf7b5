import { filterAnswer } from '../language-model/filtered-answer.ts'
import type { Uses } from '../scope/scope.ts'
import { type DirectedFinding, directed } from '../tenancy/filters/filter-input.ts'
import { FilterStream } from '../tenancy/filters/filter-stream.ts'
import { FilterTurns } from '../tenancy/filters/filter-turns.ts'
import type { ChatPart } from './chat.ts'
import { filterArguments } from './filter-chat.ts'

/**
 * A streamed answer as its client may have it: together it is what `filterChat` leaves of the whole. Where a rule may block, nothing
 * is shown before the end, since what was shown can't be taken back; the arguments of a tool are shown when they are whole.
 * @param found is told of what was found, content by content.
 * @throws UnavailableError `filter_failed`; what the parts fail with.
 */
export async function* filterParts(
  scope: Uses<never>,
  parts: AsyncIterable<ChatPart>,
  found: (findings: readonly DirectedFinding[]) => void,
): AsyncGenerator<ChatPart, void, undefined> {
  const { filters } = scope.tenant
  const rules = Object.values(filters.output)
  if (rules.length === 0) return yield* parts
  const holds = rules.includes('block')
  const held: ChatPart[] = []
  const turns = new FilterTurns(scope.clock)
  let blocked = false
  let text = new FilterStream(filters, 'output')
  let tool = ''
  for await (const part of parts) {
    if (part.type === 'finish') {
      if (!blocked) yield* held
      yield blocked ? { type: 'finish', finish: { ...part.finish, reason: 'content-filter' } } : part
      return
    }
    const shown: ChatPart[] = []
    if (part.type === 'text-start' || part.type === 'reasoning-start') text = new FilterStream(filters, 'output')
    if (part.type === 'tool-input-start') tool = ''
    if (part.type === 'text-delta' || part.type === 'reasoning-delta') {
      const delta = text.push(part.delta)
      if (delta !== '') shown.push({ ...part, delta })
    } else if (part.type === 'text-end' || part.type === 'reasoning-end') {
      const delta = text.end()
      if (delta !== '') shown.push({ type: part.type === 'text-end' ? 'text-delta' : 'reasoning-delta', id: part.id, delta })
      shown.push(part)
      blocked ||= text.blocked !== undefined
      found(directed('output', text.findings))
    } else if (part.type === 'tool-input-delta') tool += part.delta
    else if (part.type === 'tool-input-end') {
      const delta = await filterArguments(tool, async (value) => {
        const result = await filterAnswer(scope, value, turns)
        blocked ||= result.blocked
        found(result.findings)
        return result.text
      })
      if (delta !== '') shown.push({ type: 'tool-input-delta', id: part.id, delta })
      shown.push(part)
    } else shown.push(part)
    if (holds) held.push(...shown)
    else yield* shown
  }
}
