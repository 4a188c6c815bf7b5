import { upTo } from '../whole-characters.ts'
import type { Tool } from './tool.ts'

/** Below what is shown of a tool's answer, with room for what is said of it. */
const most = 18_000

/** Hands an agent the whole of what another step gave, of which it may have been shown a part. */
export const readResult: Tool = {
  name: 'read_result',
  description: `Gives the result of an earlier step by its id, ${most} characters at a time.`,
  inputSchema: {
    type: 'object',
    properties: {
      step: { type: 'string', description: 'The id of the step.' },
      from: { type: 'integer', minimum: 0, description: 'The character to begin at; 0 unless said.' },
    },
    required: ['step'],
    additionalProperties: false,
  },
  changes: false,
  async run({ input, results }) {
    const id = String(input.step)
    const from = Number(input.from ?? 0)
    const found = results.get(id)
    if (!found) {
      const known = [...results.steps()].slice(0, 100).join(', ')
      return { text: `The step ${id.slice(0, 64)} has given nothing. Steps with results: ${known || 'none'}.`, failed: true }
    }
    const { text, sources = [] } = found
    const part = upTo(text.slice(from), most)
    const end = from + part.length
    const rest = end < text.length ? `\n[Characters ${from} to ${end} of ${text.length}; the rest from ${end} on.]` : ''
    return { text: part === '' ? `The result has ${text.length} characters.` : `${part}${rest}`, sources }
  },
}
