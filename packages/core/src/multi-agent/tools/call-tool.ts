import { PlinthError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { orLeft } from '../../or-left.ts'
import type { Scope } from '../../scope/scope.ts'
import { allows } from '../../tenancy/permissions.ts'
import { checkBy } from '../json-schemas.ts'
import { inTool } from '../spans.ts'
import { upTo } from '../whole-characters.ts'
import { shownCharacters, type Tool, type ToolAnswer, type ToolCall } from './tool.ts'

const usualTimeout = 60_000

/** The arguments of a call as its tool takes them, or what is wrong with them. */
export function readInput({ inputSchema }: Tool, text: string): { readonly input: JsonObject } | { readonly fault: string } {
  let value: unknown
  try {
    value = JSON.parse(text === '' ? '{}' : text)
  } catch {
    return { fault: 'The arguments are no JSON.' }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: 'The arguments are no object.' }
  const check = checkBy(inputSchema)
  // By a schema that can't be checked here, the tool's own server checks.
  const [fault] = typeof check === 'function' ? check(value) : []
  return fault === undefined ? { input: value as JsonObject } : { fault: `The arguments do not fit: ${fault}` }
}

/**
 * Calls a tool. Whatever goes wrong with it, in it or with what it gives is an answer that a model is told; what it gives is cut to what is
 * shown.
 * @throws the signal's reason, nothing else.
 */
export async function callTool(
  scope: Scope,
  tool: Tool,
  call: Omit<ToolCall, 'scope'> & { readonly callId: string },
): Promise<ToolAnswer> {
  const { callId, ...rest } = call
  const { permission } = tool
  if (permission && !allows(scope.caller.permissions, permission))
    return { text: `Who asked for this may not use it: it takes the permission ${permission}.`, failed: true }
  const deadline = new AbortController()
  const { timeout = usualTimeout } = tool
  const timer = scope.clock.setTimer(timeout, () => deadline.abort())
  const signal = AbortSignal.any([call.signal, deadline.signal])
  try {
    return await inTool(scope, { name: tool.name, callId }, async (within) =>
      sound(await orLeft(tool.run({ ...rest, scope: within, signal }), signal)),
    )
  } catch (error) {
    call.signal.throwIfAborted()
    if (deadline.signal.aborted) return { text: `The tool took longer than ${timeout / 1_000} seconds.`, failed: true }
    return { text: PlinthError.is(error) ? error.message : 'The tool failed.', failed: true }
  } finally {
    timer.cancel()
  }
}

/** What a tool gave, as far as it is shown: nothing that is cut off is kept anywhere. */
function sound(answer: ToolAnswer): ToolAnswer {
  const { text } = answer
  if (typeof text !== 'string') return { text: 'The tool gave nothing that can be read.', failed: true }
  if (text.length <= shownCharacters) return { ...answer, text: text.toWellFormed() }
  // A slice would hold on to all of the text that it is of.
  const kept = JSON.parse(JSON.stringify(upTo(text, shownCharacters).toWellFormed())) as string
  return { ...answer, text: `${kept}\n[Cut here: ${text.length - kept.length} characters are left out.]` }
}
