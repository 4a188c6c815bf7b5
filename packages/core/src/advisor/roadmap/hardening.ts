import { chosenPatterns, type RoadmapFacts, type TaskOfGoal } from './roadmap.ts'

/** What data, tenants, tools and places ask for beside the pattern itself. */
const hardening: readonly { readonly when: (facts: RoadmapFacts) => boolean; readonly task: TaskOfGoal }[] = [
  {
    when: () => true,
    task: { task: 'Keep the master key apart from data and backups.', how: 'docs/security.md' },
  },
  {
    when: ({ profile }) => profile.data_classes.includes('pii'),
    task: {
      task: 'Mask or block personal data in prompts and answers, and try the filters on your own texts.',
      how: 'plinth tenants configure TENANT --filters FILE.json',
    },
  },
  {
    when: ({ profile }) => profile.data_classes.includes('phi'),
    task: {
      task: 'Medical data: keep prompts in their region, and requests no longer than they are needed.',
      how: 'plinth tenants configure TENANT --region REGION --residency in-region --settings FILE.json',
    },
  },
  {
    when: ({ profile }) => profile.data_classes.includes('pci'),
    task: {
      task: 'Payment cards: block `payment_card` on the way in and mask it on the way out.',
      how: 'docs/filters.md',
    },
  },
  {
    when: (facts) => chosenPatterns(facts).includes('rag'),
    task: {
      task: 'Documents: access lists, and the filter `prompt_injection`.',
      pattern: 'rag',
      how: 'docs/patterns/rag.md',
    },
  },
  {
    when: ({ profile: { workflow } }) => workflow.tools,
    task: {
      task: 'Tools that change something: leave them out of `allow`, so that somebody approves each call.',
      pattern: 'multi-agent',
      how: 'plinth workflows approve WORKFLOW --call CALL',
    },
  },
  {
    when: ({ profile: { tenants } }) => tenants.isolation === 'silo',
    task: {
      task: 'Keys of the tenants’ own: rotate one, and offboard a tenant for a try.',
      pattern: 'multi-tenant',
      how: 'plinth tenants rotate-key TENANT',
    },
  },
  {
    when: ({ profile: { regions } }) => regions.length > 1,
    task: {
      task: 'Regions: peers, trust between them, and what is refused while one is away.',
      how: 'docs/patterns/multi-tenant.md',
    },
  },
  {
    when: (facts) => chosenPatterns(facts).includes('multi-tenant'),
    task: {
      task: 'Read the audit trail, and have it verified by a timer.',
      pattern: 'multi-tenant',
      how: 'plinth tenants verify TENANT',
    },
  },
]

export function hardeningTasks(facts: RoadmapFacts): readonly TaskOfGoal[] {
  return hardening.filter(({ when }) => when(facts)).map(({ task }) => task)
}
