import { boundaryFor } from '../../language-model/boundary.ts'
import type { Passage } from '../../rag/passage.ts'
import { retrievePassages } from '../../rag/retrieve-passages.ts'
import { passagesThatPass, screenPassages, tellFindings } from '../../rag/screen-passages.ts'
import { oneLine } from '../plan/one-line.ts'
import { shownCharacters, type Tool } from './tool.ts'

const usual = 5

/** Search of the tenant's documents, as whoever asked for the run may see them. */
export const searchKnowledge: Tool = {
  name: 'search_knowledge',
  description: "Finds passages in the user's documents by a question or words that stand on their own. Each has its source.",
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
    const query = String(input.query).slice(0, 5_000)
    if (query.trim() === '') return { text: 'Say what to look for.', failed: true }
    const { passages: found } = await retrievePassages(scope, { query, top_k: Number(input.top_k ?? usual) }, signal)
    // What the tenant's filters block costs its own passage, not the step.
    const screened = await screenPassages(scope, found)
    const kept = await passagesThatPass(scope, screened.passages, (some) => ({
      modelId: scope.models.defaultModel,
      prompt: [{ role: 'user', content: [{ type: 'text', text: textOf(some) }] }],
    }))
    const leftOut = screened.passages.filter((passage) => !kept.includes(passage))
    await tellFindings(scope, 'search_knowledge', { findings: screened.findings, leftOut })
    const passages = whole(kept)
    return { text: passages.length === 0 ? 'Nothing was found.' : textOf(passages), passages }
  },
}

/** Each between tags that no passage can close, nor open another one. */
function textOf(passages: readonly Passage[]): string {
  const tag = `passage-${boundaryFor(passages.flatMap(({ source, content }) => [source, content]))}`
  return passages
    .map(({ source, page, content }) => {
      const from = `Source: ${oneLine(source)}${page === undefined ? '' : `, page ${page}`}`
      return `<${tag}>\n${from}\n${content}\n</${tag}>`
    })
    .join('\n')
}

/** Those that are shown whole; the first one in any case. */
function whole(passages: readonly Passage[]): readonly Passage[] {
  let shown = 1
  while (shown < passages.length && textOf(passages.slice(0, shown + 1)).length <= shownCharacters) shown++
  return passages.slice(0, shown)
}
