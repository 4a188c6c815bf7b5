import type { Tool } from './tool.ts'

const most = 50_000

/** Hands an agent the whole of what another step gave, of which it may have been shown a part. */
export const readResult: Tool = {
  name: 'read_result',
  description: 'Gives the whole result of an earlier step, by its id.',
  inputSchema: {
    type: 'object',
    properties: { step: { type: 'string', description: 'The id of the step.' } },
    required: ['step'],
    additionalProperties: false,
  },
  changes: false,
  async run({ input, results }) {
    const id = String(input.step)
    const found = results.get(id)
    if (!found)
      return { text: `The step ${id} has given nothing. Steps with results: ${[...results.keys()].join(', ')}.`, failed: true }
    return { text: found.text.slice(0, most) }
  },
}
