import type { Answers } from './advice.ts'

/** A profile for each of the seed's five patterns, to begin from. */
export const examples: readonly { readonly name: string; readonly answers: Answers }[] = [
  { name: 'Summaries by night', answers: { response: 'batch', requests_per_month: 2_000_000 } },
  { name: 'Questions on documents', answers: { requests_per_month: 200_000, knowledge: { documents: 5_000 } } },
  {
    name: 'Research in steps',
    answers: { response: 'minutes', requests_per_month: 20_000, workflow: { steps: 6, tools: true } },
  },
  { name: 'Sensors', answers: { requests_per_month: 0, stream: { records_per_second: 500, keys: 200 } } },
  {
    name: 'A service with 300 customers',
    answers: { requests_per_month: 1_000_000, knowledge: { documents: 20_000 }, tenants: { count: 300 } },
  },
]
