import type { Step } from '@plinth/local'

/** What the workload itself does, beside the steps that the platform tells of. */
export type OwnStep =
  | 'before-call'
  | 'calling'
  | 'called'
  | 'before-acknowledgement'
  | 'acknowledged'
  | 'before-published'
  | 'published'
  | 'before-delivered'
  | 'delivered'

export type AnyStep = Step | OwnStep
export type TellStep = (step: AnyStep) => void
