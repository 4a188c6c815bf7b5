import { sha256 } from '../../crypto.ts'
import { detectionThreshold } from '../detect/detector.ts'
import type { Finding } from '../finding.ts'
import type { RiskLevel } from '../insight.ts'
import { usualInterval } from './usual-interval.ts'

/** Findings that are told as one: of keys that went wrong together, or of one that goes on being wrong. Holds no content. */
export interface Incident {
  readonly id: string
  /** The user's rule whose findings it is made of; absent: they are the detector's. */
  readonly rule?: string
  /** Event time of the finding that opened it, of its first and of its last one: milliseconds UTC. */
  readonly began: number
  first: number
  last: number
  /** It goes on when one of its keys is told of within so long, milliseconds. */
  gap: number
  /** When it was last added to, by our clock. */
  touched: number
  findings: number
  /** The strongest finding's, as {@link strengthOf} has it. */
  strength: number
  /** Different keys: exact while they can be remembered, else at least so many. */
  keys: number
  /** Hashes of its keys, in the order in which they came. The first few have insights of their own. */
  readonly members: string[]
  /** For which risk a model was asked, or is going to be. */
  asked?: RiskLevel
}

export const incidentLimits: {
  /** Open at a time, in one stream; the one that was quiet longest ends for another. */
  readonly open: number
  /** Keys remembered of one, and of all together. */
  readonly members: number
  readonly allMembers: number
  /** Keys with an insight of their own; of the others there is a count. */
  readonly insights: number
} = { open: 200, members: 1_000, allMembers: 10_000, insights: 20 }

const minute = 60_000
const shortestGap = 10 * minute
const longestGap = 7 * 24 * 60 * minute
/** A key that is measured seldom goes on over so many of its intervals. */
const intervals = 10
/** What goes wrong in several keys is one incident when it begins within so long: measurements are often taken once a minute. */
const burst = minute

export function memberOf(key: string): string {
  return sha256(key).slice(0, 12)
}

/** How long after a finding its key may be quiet, milliseconds. */
export function gapOf({ recent }: Pick<Finding, 'recent'>): number {
  return Math.min(longestGap, Math.max(shortestGap, intervals * (usualInterval(recent) ?? 0)))
}

/**
 * How strong a finding is, in [0,1], by how many times its score is the detector's threshold: a half for what just reaches it, and three
 * quarters for twice as much. A rule of the user says itself how strong it is.
 */
export function strengthOf({ score, rule }: Pick<Finding, 'score' | 'rule'>): number {
  if (rule !== undefined) return score
  return score <= detectionThreshold ? score / detectionThreshold / 2 : 1 - detectionThreshold / score / 2
}

/**
 * How strong an incident is, in [0,1]: the strongest finding's strength, which each doubling of its findings and keys brings nearer to 1. A
 * doubling of keys counts twice as much: one key repeats itself, several agree.
 */
export function scoreOf({ strength, findings, keys }: Pick<Incident, 'strength' | 'findings' | 'keys'>): number {
  return 1 - (1 - strength) * (1 - extentOf({ findings, keys }))
}

/** How far an incident has spread, in [0,1): 0 for a single finding. */
export function extentOf({ findings, keys }: Pick<Incident, 'findings' | 'keys'>): number {
  const doublings = Math.log2(Math.max(1, findings)) / 4 + Math.log2(Math.max(1, keys)) / 2
  return doublings / (1 + doublings)
}

/** How far off in time a finding is from an incident that it may belong to, milliseconds; undefined: it doesn't belong to it. */
export function distanceTo(
  incident: Incident,
  { timestamp, rule }: Pick<Finding, 'timestamp' | 'rule'>,
  gap: number,
  isMember: boolean,
): number | undefined {
  if (incident.rule !== rule) return undefined
  if (!isMember) {
    const distance = Math.abs(timestamp - incident.began)
    return distance <= burst ? distance : undefined
  }
  const distance = Math.max(0, incident.first - timestamp, timestamp - incident.last)
  return distance <= Math.max(gap, incident.gap) ? distance : undefined
}
