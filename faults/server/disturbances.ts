import type { Mode } from '../life-process.ts'

/** What is done to a life, or between two. */
export const kinds = ['random', 'kill', 'torn', 'power', 'partial', 'start', 'log', 'full', 'read-only', 'ahead', 'back'] as const
export type DisturbanceKind = (typeof kinds)[number]

/** In words, for the table and `--help`. */
export const disturbanceWords: Readonly<Record<DisturbanceKind, string>> = {
  random: 'SIGKILL at a random moment',
  kill: 'SIGKILL at a system call on the data folder',
  torn: 'a write is done in half, then SIGKILL',
  power: 'all that is not flushed is lost',
  partial: 'a random part of what is not flushed is lost',
  start: 'SIGKILL in the middle of a start',
  log: 'a torn page behind the last one of the log',
  full: 'no room on the disk, then SIGKILL',
  'read-only': 'a start on a read-only disk',
  ahead: 'the clock jumps an hour ahead, then SIGKILL',
  back: 'the clock jumps an hour back, then SIGKILL',
}

/** What a disturbance needs of the machine it runs on. */
const needs: Readonly<Partial<Record<DisturbanceKind, 'shim' | 'disk'>>> = {
  ...{ kill: 'shim', torn: 'shim', power: 'shim', partial: 'shim' },
  ...{ full: 'disk', 'read-only': 'disk' },
}

export interface Disturbance {
  readonly kind: DisturbanceKind
  /** Of a moment or a system call, from 0 to 1. */
  readonly chance: number
  readonly seed: number
}

/** At first each kind once, then as chance will have it. */
export function disturbancesOf(
  random: () => number,
  rounds: number,
  has: Readonly<Record<'shim' | 'disk', boolean>>,
  wanted: readonly DisturbanceKind[],
): readonly Disturbance[] {
  const possible = wanted.filter((kind) => {
    const need = needs[kind]
    return need === undefined || has[need]
  })
  const often = possible.flatMap((kind) => (kind === 'random' || needs[kind] === 'shim' ? [kind, kind, kind] : [kind]))
  return Array.from({ length: rounds }, (_, round) => ({
    kind: possible[round] ?? often[Math.floor(random() * often.length)] ?? 'random',
    chance: random(),
    seed: Math.floor(random() * 2 ** 31),
  }))
}

export function modeOf(kind: DisturbanceKind): Mode | undefined {
  return kind === 'kill' || kind === 'torn' || kind === 'power' || kind === 'partial' ? kind : undefined
}
