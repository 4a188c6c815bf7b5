import type { PatternName } from '../define/pattern.ts'
import type { Profile } from './profile.ts'
import type { Score } from './scores.ts'

/** Which patterns go together. */
export interface Composition {
  /** `none`: one synchronous call of a model is enough. */
  readonly primary: PatternName | 'none'
  readonly secondary: readonly PatternName[]
  /** Why, a sentence each. */
  readonly reasons: readonly string[]
}

/** Below it a pattern costs more than it brings. */
const worthwhile = 40
/** Beside another one it has to bring more. */
const alsoWorthwhile = 50

/** What has to be there for a pattern that was chosen, whatever its own score is. */
const needs: readonly {
  readonly of: PatternName
  readonly needed: PatternName
  readonly when: (profile: Profile) => boolean
  readonly reason: string
}[] = [
  {
    of: 'rag',
    needed: 'event-driven',
    when: ({ knowledge }) => knowledge.changes_per_month >= 1_000,
    reason: 'Thousands of documents a month are read in the background, by events.',
  },
  {
    of: 'multi-agent',
    needed: 'rag',
    when: ({ knowledge }) => knowledge.documents > 0,
    reason: 'Agents look things up in documents.',
  },
]

/** @param ranking the best first. */
export function composePatterns(ranking: readonly Score[], profile: Profile): Composition {
  const [first, ...others] = ranking
  if (!first || first.score < worthwhile)
    return {
      primary: 'none',
      secondary: [],
      reasons: [
        'Nothing speaks for a pattern: one synchronous call of a model is enough, until load, documents or customers come.',
      ],
    }
  const strong = others.filter(({ score }) => score >= alsoWorthwhile)
  const chosen = new Set([first, ...strong].map(({ pattern }) => pattern))
  const added = needs.filter(({ of, needed, when }) => chosen.has(of) && !chosen.has(needed) && when(profile))
  return {
    primary: first.pattern,
    secondary: [...new Set([...strong.map(({ pattern }) => pattern), ...added.map(({ needed }) => needed)])],
    reasons: [...first.reasons, ...strong.flatMap(({ reasons }) => reasons), ...added.map(({ reason }) => reason)],
  }
}
