import type { PatternName } from '../../define/pattern.ts'
import type { Composition } from '../composition.ts'
import type { Profile } from '../profile.ts'

/** Something to do, and by what. */
export interface RoadmapTask {
  /** Which of the phase's four goals it serves. */
  readonly goal: string
  readonly task: string
  /** Absent: whatever the patterns. */
  readonly pattern?: PatternName
  /** A command, with what you put in in capitals; or the path of a document in this repository. */
  readonly how: string
}

export interface RoadmapPhase {
  readonly phase: 1 | 2 | 3 | 4
  readonly name: string
  /** `1–2`, counted from the start. */
  readonly weeks: string
  readonly tasks: readonly RoadmapTask[]
}

/** What a roadmap is made of. */
export interface RoadmapFacts {
  readonly profile: Profile
  readonly composition: Composition
}

/** A task before it is known for which goal it is. */
export type TaskOfGoal = Omit<RoadmapTask, 'goal'>

/** All patterns that were chosen, the primary one first. */
export function chosenPatterns({ composition: { primary, secondary } }: RoadmapFacts): readonly PatternName[] {
  return primary === 'none' ? secondary : [primary, ...secondary]
}
