import { figure, type RiskRule } from './risk-rule.ts'

/** Percent of a year: 99.95 leaves four hours. */
const highAvailability = 99.95

/** Where it runs, and what is gone when that place is. */
export const placeRisks: readonly RiskRule[] = [
  {
    id: 'one-region',
    severity: 'high',
    when: ({ profile }) => profile.regions.length < 2 && profile.availability >= highAvailability,
    risk: ({ profile }) =>
      `${profile.availability} percent leave ${figure(((100 - profile.availability) / 100) * 8_760)} hours a year, and there is one region: nothing of ours is copied to another.`,
    what_to_do:
      'Name a second region, and run a Plinth of its own there (`PLINTH_REGIONS` sends tenants to theirs). Copy backups away, and practise the way back: how long it takes is the outage.',
    practices: ['GENREL05-BP01', 'GENREL05-BP02'],
    runbook: 'region-outage',
  },
  {
    id: 'one-process',
    severity: 'medium',
    when: ({ profile }) => profile.availability >= highAvailability,
    risk: 'The embedded platform is one process: while it starts again, nobody is served.',
    what_to_do: 'Run on AWS (`PLINTH_PLATFORM=aws`, `plinth synth`), where functions or several processes share the work.',
    practices: ['GENREL03-BP01'],
    runbook: 'region-outage',
  },
  {
    id: 'tenants-stay-in-their-region',
    severity: 'medium',
    when: ({ profile }) => profile.regions.length > 1 && profile.tenants.count > 1,
    risk: 'A tenant that has data can’t be moved to another region of the same Plinth.',
    what_to_do:
      'Decide a tenant’s region as you onboard it (`plinth tenants onboard --region`). Later the way leads by `plinth tenants export` and a new tenant.',
    practices: ['GENREL05-BP02'],
    runbook: 'region-outage',
  },
  {
    id: 'loss-of-the-only-copy',
    severity: 'low',
    when: ({ profile }) => profile.regions.length < 2 && profile.availability < highAvailability,
    risk: 'There is one region, and what is lost with it comes back from backups alone.',
    what_to_do: 'Have `plinth backup` run by a timer, copy what it made elsewhere, and restore one before you need it.',
    practices: ['GENREL05-BP02'],
    runbook: 'region-outage',
  },
  {
    id: 'models-end',
    severity: 'low',
    when: () => true,
    risk: 'Providers retire their models within a year or two.',
    what_to_do:
      'Keep a second model measured and named (`plinth tenants configure --fallback`). `plinth doctor` warns of a model that is about to end.',
    practices: ['GENREL04-BP02'],
  },
]
