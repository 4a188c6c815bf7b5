import type { RequirementMutation } from './mutation.ts'

export const documents: readonly RequirementMutation[] = [
  {
    number: 'R2',
    words: 'the page of a pattern has no principles',
    patches: [{ file: 'docs/patterns/rag.md', find: '## Principles\n', replace: '' }],
    test: 'test/pattern-pages.test.ts',
  },
  {
    number: 'R3',
    words: 'a claim has a figure that nobody measured',
    patches: [{ file: 'docs/claims.md', find: '5.0 ms of CPU a hybrid question', replace: '1.03 ms of CPU a hybrid question' }],
    test: 'test/claims.test.ts',
  },
  {
    number: 'R4',
    words: 'a service is named without the adapter that reaches it',
    patches: [{ file: 'docs/related.md', find: '`packages/aws/src/sqs-queue.ts`', replace: '`packages/aws/src/queue.ts`' }],
    test: 'test/claims.test.ts',
  },
]
