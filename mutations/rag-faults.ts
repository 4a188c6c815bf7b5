import type { RequirementMutation } from './mutation.ts'

const own = 'packages/core/src/rag'
const tests = 'packages/core/test/rag'

/** The faults of the seed's retrieval-augmented generation, put back. */
export const ragFaults: readonly RequirementMutation[] = [
  {
    number: 'X23',
    words: 'nothing is put into the index',
    patches: [
      {
        file: `${own}/ingest-documents.ts`,
        find: 'await scope.search.put(await Promise.all(read.map(indexed)))',
        replace: 'await Promise.all(read.map(indexed))',
      },
    ],
    test: `${tests}/ingest.test.ts`,
  },
  {
    number: 'X24',
    words: 'documents are kept without their source',
    patches: [
      {
        file: `${own}/accept-documents.ts`,
        find: 'const sealed = { source, metadata, access }',
        replace: 'const sealed = { metadata, access }',
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'X25',
    words: 'what was sent before, unchanged, is read and embedded again',
    patches: [
      {
        file: `${own}/accept-documents.ts`,
        find: "return current !== undefined && current.fields.digest === digest && current.fields.status !== 'failed'",
        replace: 'return false',
      },
    ],
    test: `${tests}/ingest.test.ts`,
  },
  {
    number: 'X26',
    words: 'one bad file breaks the batch',
    patches: [
      {
        file: `${own}/ingest-documents.ts`,
        find: 'if (signal.aborted || !(error instanceof UnreadableDocumentError)) throw error',
        replace: 'if (error) throw error',
      },
    ],
    test: `${tests}/ingest.test.ts`,
  },
  {
    number: 'X27',
    words: 'of a PDF only the first page is read',
    patches: [
      {
        file: 'packages/documents/src/pdf/read-pdf.ts',
        find: 'number <= document.numPages;',
        replace: 'number <= 1;',
      },
    ],
    test: 'packages/documents/test/pdf.test.ts',
  },
  {
    number: 'X28',
    words: 'sources are all that was found, cited or not',
    patches: [
      {
        file: `${own}/answer-question.ts`,
        find: 'sources: [...new Set(cited.citations.map(({ source }) => source))],',
        replace: 'sources: passages.map(({ source }) => source),',
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'X29',
    words: 'who found nothing is sure of it',
    patches: [
      {
        file: `${own}/answer/confidence.ts`,
        find: 'return Math.min(leastConfidence - 0.01, answerability(features))',
        replace: 'return 0.9',
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'X30',
    words: 'whatever is nearest is answered from, related or not',
    patches: [
      {
        file: `${own}/answer/confidence.ts`,
        find: 'return relatedness(features) >= confidenceWeights.floor',
        replace: 'return true',
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'X31',
    words: 'the index is searched by vectors alone',
    patches: [{ file: `${own}/retrieve-passages.ts`, find: 'texts: forms.texts,\n', replace: 'texts: [],\n' }],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'X32',
    words: 'the border around documents is always the same, so that a document can forge it',
    patches: [
      {
        file: 'packages/core/src/language-model/boundary.ts',
        find: 'if (!lower.includes(boundary)) return boundary',
        replace: "if (boundary) return '0123456789abcdef'",
      },
    ],
    test: `${tests}/injections/injection.test.ts`,
  },
  {
    number: 'X33',
    words: 'whom a document is for counts neither in the index nor where rows are looked at',
    patches: [
      {
        file: `${own}/ingest-documents.ts`,
        find: '    ...(access ? { access: JSON.parse(access) as AccessList } : {}),\n',
        replace: '',
      },
      {
        file: `${own}/access.ts`,
        find: 'return users.includes(caller.user) || groups.some((group) => caller.groups.has(group))',
        replace: 'return true',
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'X34',
    words: 'the first part of an answer is taken for its text',
    patches: [
      {
        file: 'packages/core/src/gateway/answer-text.ts',
        find: "return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')",
        replace: "return Object(content[0]).text ?? ''",
      },
    ],
    test: `${tests}/query.test.ts`,
  },
  {
    number: 'X35',
    words: 'the prompt has no budget',
    patches: [
      {
        file: `${own}/answer/prompt.ts`,
        find: 'const passages = fitContext(input.passages, question, input.budgetTokens - spent)',
        replace: 'const { passages } = input',
      },
    ],
    test: `${tests}/answer/prompt.test.ts`,
  },
]
