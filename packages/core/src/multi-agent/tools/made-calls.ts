import type { JsonObject } from '../../json.ts'
import type { MadeCall } from '../run/journal.ts'
import { upTo } from '../whole-characters.ts'
import type { ToolAnswer } from './tool.ts'

/** Of one try so many calls are kept, and of each argument list and answer so many characters: the journal is read whole, again and again. */
const mostKept = 40
const keptCharacters = 1_000

/** The calls that are kept of a try, with another one. */
export function withCall(
  made: readonly MadeCall[],
  call: { readonly tool: string; readonly input: JsonObject; readonly answer: ToolAnswer },
): readonly MadeCall[] {
  if (made.length >= mostKept) return made
  const { tool, input, answer } = call
  const failed = answer.failed ? { failed: true } : {}
  return [...made, { tool, input: beginning(JSON.stringify(input)), answer: beginning(answer.text), ...failed }]
}

function beginning(text: string): string {
  return text.length <= keptCharacters ? text : `${upTo(text, keptCharacters)} …`
}
