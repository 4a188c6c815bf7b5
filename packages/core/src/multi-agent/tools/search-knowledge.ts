import { retrievePassages } from '../../rag/retrieve-passages.ts'
import type { Tool } from './tool.ts'

const usual = 5

/** Search of the tenant's documents, as whoever asked for the run may see them. */
export const searchKnowledge: Tool = {
  name: 'search_knowledge',
  description:
    "Finds passages in the user's documents by a question or words that stand on their own. Each has its source and number.",
  inputSchema: {
    type: 'object',
    properties: {
      query: { type: 'string', description: 'What to look for.' },
      top_k: { type: 'integer', minimum: 1, maximum: 20, description: 'How many passages; 5 unless said.' },
    },
    required: ['query'],
    additionalProperties: false,
  },
  changes: false,
  async run({ scope, input, signal }) {
    const { query, top_k: topK = usual } = input
    const { passages } = await retrievePassages(scope, { query: String(query), top_k: Number(topK) }, signal)
    if (passages.length === 0) return { text: 'Nothing was found.', passages }
    const text = passages.map(({ source, content }, index) => `[${index + 1}] ${source}\n${content}`).join('\n\n')
    return { text, passages }
  },
}
