import type { Step } from '../plan/plan.ts'

/** Milliseconds that a try may take where its step doesn't say. */
const usual = 600_000

/** How long a try of a step may take, milliseconds. */
export function stepTimeout({ timeout }: Pick<Step, 'timeout'>): number {
  return timeout === undefined ? usual : timeout * 1_000
}
