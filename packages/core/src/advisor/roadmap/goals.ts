import { addSecondary, choosePrimary, ofAll, ofPrimary, practiseRunbooks, synth } from './goal-tasks.ts'
import { hardeningTasks } from './hardening.ts'
import { chosenPatterns, type RoadmapFacts, type RoadmapPhase, type TaskOfGoal } from './roadmap.ts'

interface Goal {
  readonly goal: string
  readonly tasks: (facts: RoadmapFacts) => readonly TaskOfGoal[]
}

/** The seed's phases, each with its four goals in the seed's order (R116 to R119). */
export const phases: readonly (Omit<RoadmapPhase, 'tasks'> & { readonly goals: readonly Goal[] })[] = [
  {
    ...{ phase: 1, name: 'Foundation', weeks: '1–2' },
    goals: [
      { goal: 'Choose the primary architecture pattern', tasks: choosePrimary },
      {
        goal: 'Set up core services',
        tasks: (facts) => [
          { task: 'Have it run on one machine, with what is usual.', how: 'plinth start' },
          {
            task: 'Write the stack on AWS, read what it costs while nobody asks, and deploy it into an account for tries.',
            how: synth(facts),
          },
        ],
      },
      {
        goal: 'Implement basic security controls',
        tasks: () => [
          { task: 'Set a master key, and tokens that may do what they are for.', how: 'docs/security.md' },
          {
            task: 'Bound what is spent in a month.',
            how: 'plinth tenants configure TENANT --budget USD --tokens-per-minute NUMBER',
          },
        ],
      },
      {
        goal: 'Create a CI/CD pipeline',
        tasks: () => [
          { task: 'Begin a project with a test and a workflow for CI.', how: 'plinth init FOLDER' },
          { task: 'Have each change synthesised and compared with what is deployed.', how: 'docs/aws.md' },
        ],
      },
    ],
  },
  {
    ...{ phase: 2, name: 'Core features', weeks: '3–6' },
    goals: [
      { goal: 'Implement the chosen pattern', tasks: ofPrimary('implement') },
      {
        goal: 'Add monitoring and logging',
        tasks: (facts) => [
          ...chosenPatterns(facts)
            .slice(0, 1)
            .map((pattern) => ({
              task: `Watch the dashboard ${pattern}-architecture-dashboard, and \`/metrics\` of a process.`,
              pattern,
              how: 'docs/aws.md',
            })),
          { task: 'Follow one request through traces and logs by its correlation id.', how: 'docs/operations.md' },
          { task: 'Ask every few minutes whether all is well.', how: 'plinth doctor --json' },
        ],
      },
      { goal: 'Optimise performance', tasks: ofPrimary('perform') },
      { goal: 'Test the integration', tasks: ofPrimary('integrate') },
    ],
  },
  {
    ...{ phase: 3, name: 'Enhancement', weeks: '7–10' },
    goals: [
      { goal: 'Add secondary patterns as needed', tasks: addSecondary },
      { goal: 'Implement advanced features', tasks: ofAll('advance') },
      { goal: 'Harden compliance and security', tasks: hardeningTasks },
      { goal: 'Test and optimise under load', tasks: ofAll('load') },
    ],
  },
  {
    ...{ phase: 4, name: 'Production', weeks: '11–12' },
    goals: [
      {
        goal: 'Deploy to production',
        tasks: (facts) => [
          ...facts.profile.regions.map((region) => ({ task: `Deploy to ${region}.`, how: synth(facts) })),
          { task: 'Look whether the account has what it needs, its quotas included.', how: 'plinth doctor --deep' },
        ],
      },
      {
        goal: 'Set up monitoring and alerting',
        tasks: (facts) => [
          { task: 'Subscribe whoever is on duty to the alarms.', how: 'docs/aws.md' },
          ...(chosenPatterns(facts).includes('analytics')
            ? [
                {
                  task: 'Subscribe them to the topics of alerts, too.',
                  pattern: 'analytics',
                  how: 'docs/aws.md',
                } as const,
              ]
            : []),
        ],
      },
      {
        goal: 'Document and train',
        tasks: (facts) => [
          { task: 'Show the people on duty what to watch and what each fault means.', how: 'docs/operations.md' },
          ...chosenPatterns(facts).map((pattern) => ({
            task: `Read what goes wrong with ${pattern}, and what one sees.`,
            pattern,
            how: `docs/patterns/${pattern}.md`,
          })),
        ],
      },
      { goal: 'Practise operational runbooks', tasks: practiseRunbooks },
    ],
  },
]
