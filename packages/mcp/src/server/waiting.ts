/** Tools that start work may wait for its end. @module */
import { InvalidInputError, type ServerEvent } from '@plinth/core'
import type { Arguments, JsonSchema, ToolContext } from './tool.ts'

/** Seconds; work that takes longer goes on, and is asked for by its id. */
const longest = 300

export const waitSchema: JsonSchema = {
  type: 'number',
  minimum: 0,
  maximum: longest,
  description:
    `Wait so many seconds for the end, ${longest} at most; 0, the default, answers at once. What takes longer goes on by itself. ` +
    'Keep it below the time-out of your client.',
}

/** @throws InvalidInputError */
export function secondsOf({ wait_seconds: seconds = 0 }: Arguments): number {
  if (typeof seconds === 'number' && seconds >= 0 && seconds <= longest) return seconds
  throw new InvalidInputError(`Must be a number of seconds from 0 to ${longest}.`, { field: 'wait_seconds' })
}

/** How far work is. */
export interface Step {
  readonly done: number
  readonly total?: number
  readonly message: string
  /** From here on it waits for somebody: waiting with it is of no use. */
  readonly halted?: boolean
}

/** What one event of work says of it; undefined where that is nothing to whoever waits. */
export type Progress = (event: ServerEvent) => Step | undefined

/**
 * Follows work by a route that streams its events, until it has ended, or the time is over, or nobody waits any more. Whoever waited
 * looks at the work itself then.
 */
export async function follow(
  context: ToolContext,
  options: { readonly route: string; readonly id: string; readonly seconds: number; readonly progress: Progress },
): Promise<void> {
  const { route, id, seconds, progress } = options
  const over = new AbortController()
  const timer = context.clock.setTimer(seconds * 1_000, () => over.abort())
  try {
    const reply = await context.call(route, { params: { id }, signal: AbortSignal.any([context.signal, over.signal]) })
    let told = -1
    for await (const event of reply.events ?? []) {
      const step = progress(event)
      if (!step) continue
      // What is told must grow.
      if (step.done > told) await context.progress(step.done, step.total, step.message)
      told = Math.max(told, step.done)
      if (step.halted) return
    }
  } finally {
    timer.cancel()
  }
}
