import type { RequirementMutation } from './mutation.ts'

export const eventDriven: readonly RequirementMutation[] = [
  {
    number: 'R17',
    words: 'events come from a source of another name',
    patches: [
      {
        file: 'packages/core/src/ports/event-bus.ts',
        find: "export const eventSource = 'genai.service'",
        replace: "export const eventSource = 'genai.services'",
      },
    ],
    test: 'packages/aws/test/eventbridge-event-bus.test.ts',
  },
]
