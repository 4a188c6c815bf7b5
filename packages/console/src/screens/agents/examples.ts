const plan = {
  goal: 'What the plants have in common, and where they differ',
  success_criteria: ['Every figure has a source'],
  steps: [
    { id: 'north', agent_type: 'research', prompt: 'What do the documents say about the plant in the north?' },
    { id: 'south', agent_type: 'research', prompt: 'What do the documents say about the plant in the south?' },
    { id: 'machine', agent_type: 'research', prompt: 'Which alerts did the streams of measurements raise?' },
    {
      id: 'compare',
      agent_type: 'analysis',
      prompt: 'Compare the plants, and compute the differences.',
      dependencies: ['north', 'south'],
      approval: true,
    },
    {
      id: 'report',
      agent_type: 'report',
      prompt: 'Write a report on the plants for their management.',
      dependencies: ['compare', 'machine'],
    },
  ],
}

/** Requests to begin from. */
export const examples: readonly {
  readonly name: string
  readonly request: string
  readonly approval?: boolean
  readonly plan?: string
}[] = [
  {
    name: 'A comparison',
    request: 'Compare the scrap rate of the plant in the north with that of the plant in the south, and report it.',
  },
  {
    name: 'With approval',
    request: 'How many valves did the plant in the north and the plant in the south make in May? Report the difference.',
    approval: true,
  },
  {
    name: 'A plan of your own',
    request: 'Report on the plants in the north and in the south.',
    plan: JSON.stringify(plan, null, 2),
  },
]
