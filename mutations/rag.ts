import type { RequirementMutation } from './mutation.ts'

const own = 'packages/core/src/rag'
const tests = 'packages/core/test/rag'

/** The promises of retrieval-augmented generation. */
export const rag: readonly RequirementMutation[] = [
  {
    number: 'R24',
    words: 'what was read first is found for ever',
    patches: [{ file: `${own}/ingest-documents.ts`, find: 'live: own.revision,', replace: 'live: live ?? own.revision,' }],
    test: `${tests}/ingest.test.ts`,
  },
  {
    number: 'R25',
    words: 'no document gets vectors',
    patches: [
      {
        file: `${own}/ingest-documents.ts`,
        find: "if (fields.embedding === 'pending') live.push(own)",
        replace: 'continue',
      },
    ],
    test: `${tests}/ingest.test.ts`,
  },
  {
    number: 'R26',
    words: 'the count of chunks is not told',
    patches: [{ file: `${own}/ingest-documents.ts`, find: 'chunks_count: read.chunks.length,', replace: 'chunks_count: 0,' }],
    test: `${tests}/ingest.test.ts`,
  },
  {
    number: 'R27',
    words: 'how many documents are asked for is passed over',
    patches: [
      {
        file: `${own}/retrieve-passages.ts`,
        find: 'const wanted = reranker ? Math.max(rerankDepth, body.top_k) : body.top_k',
        replace: 'const wanted = rerankDepth',
      },
      {
        file: `${own}/retrieve-passages.ts`,
        find: 'byModel.passages.slice(0, body.top_k).map(',
        replace: 'byModel.passages.map(',
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'R28',
    words: 'the question gets no vector',
    patches: [
      {
        file: `${own}/retrieve-passages.ts`,
        find: 'const vector = body.dense_weight === 0 ? undefined : await vectorOf(scope, forms.embed, signal)',
        replace: 'const vector = undefined as QueryVector | undefined',
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'R29',
    words: 'documents that are similar, and share no word, are not found',
    patches: [
      {
        file: `${own}/retrieve-passages.ts`,
        find: '    ...(vector ? { vector: { space: vector.space.name, values: vector.values } } : {}),\n',
        replace: '',
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'R30',
    words: 'the model is sent the bare question',
    patches: [
      {
        file: `${own}/answer-question.ts`,
        find: 'prompt: prompt.messages, maxOutputTokens',
        replace: "prompt: [{ role: 'user', content: [{ type: 'text', text: body.query }] }], maxOutputTokens",
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'R31',
    words: 'an answer has half of its 2,000 tokens',
    patches: [
      { file: `${own}/answer-question.ts`, find: 'const usualMaxTokens = 2_000', replace: 'const usualMaxTokens = 1_000' },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'R32',
    words: 'the answer names no sources',
    patches: [
      {
        file: `${own}/answer-question.ts`,
        find: 'sources: [...new Set(cited.citations.map(({ source }) => source))],',
        replace: 'sources: [],',
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'R33',
    words: 'the confidence is always the same',
    patches: [
      {
        file: `${own}/answer-question.ts`,
        find: 'const confidence = confidenceOf(looked.features, cited)',
        replace: 'const confidence = 0.9',
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'R34',
    words: 'what was found does not say which document it is from',
    patches: [{ file: `${own}/candidate-rows.ts`, find: "source: source ?? ''", replace: "source: ''" }],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'R35',
    words: 'there is no blank line between documents',
    patches: [{ file: `${own}/answer/prompt.ts`, find: "documents.join('\\n\\n')", replace: "documents.join('\\n')" }],
    test: `${tests}/answer/prompt.test.ts`,
  },
  {
    number: 'R36',
    words: 'the prompt does not end with the place for the answer',
    patches: [{ file: `${own}/answer/prompt.ts`, find: '\\n\\nAnswer:`', replace: '`' }],
    test: `${tests}/answer/prompt.test.ts`,
  },
  {
    number: 'R37',
    words: 'the model is not told to keep to the documents',
    patches: [
      {
        file: `${own}/answer/prompt.ts`,
        find: '1. Use information from the provided context documents',
        replace: '1. Use what you know',
      },
    ],
    test: `${tests}/answer/prompt.test.ts`,
  },
  {
    number: 'R38',
    words: 'a model that says it does not know has answered',
    patches: [
      {
        file: `${own}/answer/abstention.ts`,
        find: "return refused > 0 && isRefusal(sentences[0] ?? '') && sentences.length - refused <= 2",
        replace: 'return refused < 0',
      },
    ],
    test: `${tests}/answer/abstention.test.ts`,
  },
  {
    number: 'R39',
    words: 'claims are not tied to their sources',
    patches: [{ file: `${own}/answer-question.ts`, find: 'citations: cited.citations,', replace: 'citations: [],' }],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'R40',
    words: 'the model is not told how long to write',
    patches: [{ file: `${own}/answer/prompt.ts`, find: '\n4. Provide a comprehensive but concise answer', replace: '' }],
    test: `${tests}/answer/prompt.test.ts`,
  },
  {
    number: 'R41',
    words: 'an answer that no document supports is given',
    patches: [{ file: `${own}/answer-question.ts`, find: 'if (confidence < leastConfidence)', replace: 'if (confidence < 0)' }],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'R42',
    words: 'the encoder reads one letter of a text',
    patches: [
      {
        file: 'packages/models/src/sentence-encoder/readable-text.ts',
        find: '.slice(0, mostRead)\n',
        replace: '.slice(0, 1)\n',
      },
    ],
    test: 'packages/models/test/sentence-encoder.test.ts',
  },
  {
    number: 'R43',
    words: 'citations count from the beginning of the passage, not of the document',
    patches: [
      {
        file: `${own}/answer/cite-claims.ts`,
        find: 'start: passage.start + start,\n        end: passage.start + end,',
        replace: 'start,\n        end,',
      },
    ],
    test: `${tests}/answer/cite-claims.test.ts`,
  },
  {
    number: 'R44',
    words: 'a document that is there is never read again',
    patches: [
      {
        file: `${own}/accept-documents.ts`,
        find: 'current.fields.digest === digest && current.fields.status',
        replace: 'current.fields.status',
      },
    ],
    test: `${tests}/ingest.test.ts`,
  },
  {
    number: 'R45',
    words: 'no agent is asked',
    patches: [
      {
        file: `${own}/answer-question.ts`,
        find: 'findings } = body.agent\n',
        replace: 'findings } = undefined\n',
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'G2',
    words: 'what retrieval finds does not come to the agent',
    patches: [
      {
        file: `${own}/agent.ts`,
        find: "text: looked ? await shownOf(scope, resolved.id, looked) : 'A query is missing.'",
        replace: "text: 'Nothing was found.'",
      },
    ],
    test: `${tests}/query.test.ts`,
  },
]
