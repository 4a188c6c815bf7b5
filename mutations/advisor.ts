import type { RequirementMutation } from './mutation.ts'

const goals = 'packages/core/src/advisor/roadmap/goals.ts'
const roadmap = 'packages/core/test/advisor/roadmap.test.ts'

export const advisor: readonly RequirementMutation[] = [
  {
    number: 'R115',
    words: 'the matrix says of streaming insights that they scale no further than others',
    patches: [
      {
        file: 'packages/core/src/advisor/decision-matrix.ts',
        find: "scalability: 'Very High', cost: 'High' }",
        replace: "scalability: 'High', cost: 'High' }",
      },
    ],
    test: 'packages/core/test/advisor/scores.test.ts',
  },
  {
    number: 'R116',
    words: 'the foundation begins without a choice of the primary pattern',
    patches: [{ file: goals, find: "{ goal: 'Choose the primary architecture pattern', tasks: choosePrimary },", replace: '' }],
    test: roadmap,
  },
  {
    number: 'R117',
    words: 'the core features are not tested together',
    patches: [{ file: goals, find: "{ goal: 'Test the integration', tasks: ofPrimary('integrate') },", replace: '' }],
    test: roadmap,
  },
  {
    number: 'R118',
    words: 'the enhancement adds no secondary pattern',
    patches: [{ file: goals, find: 'tasks: addSecondary }', replace: 'tasks: () => [] }' }],
    test: roadmap,
  },
  {
    number: 'R119',
    words: 'production practises no runbook of the patterns that were chosen',
    patches: [
      {
        file: 'packages/core/src/advisor/roadmap/goal-tasks.ts',
        find: 'patternTasks[pattern].runbooks.map((page) => ({ page, pattern }))',
        replace: 'patternTasks[pattern].runbooks.slice(0, 0).map((page) => ({ page, pattern }))',
      },
    ],
    test: roadmap,
  },
]
