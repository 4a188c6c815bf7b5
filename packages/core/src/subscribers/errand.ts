import { z } from 'zod'
import type { Job } from '../ports/queue.ts'

/** Where an event goes: a subscriber's row, a request's callback URL, or a handler in code. */
export type Target = `subscriber:${string}` | `callback:${string}` | `handler:${string}`

/** Which event goes where; the body of the jobs that take it there. */
export interface Errand {
  readonly target: Target
  readonly sequence: number
  /** A replay tells again what may have been told before. */
  readonly replay_id?: string
}

/** Of the errand's form. */
export const errandVersion = 1

export const errandForm: z.ZodType<Errand> = z.strictObject({
  target: z.custom<Target>((target) => typeof target === 'string' && /^(?:subscriber|callback|handler):./.test(target)),
  sequence: z.number().int(),
  replay_id: z.string().exactOptional(),
})

/** Whose jobs tell webhooks, callback URLs and pull queues; a handler in code has a queue of its own name. */
export const deliverQueue = 'event-driven.deliver'

/** The job of an errand, but for whose it is. */
export function errandJob(
  errand: Errand,
  options: { readonly id: string; readonly lane?: Job['lane'] },
): Pick<Job, 'queue' | 'version' | 'id' | 'lane' | 'body'> {
  const { target } = errand
  const queue = target.startsWith('handler:') ? target.slice('handler:'.length) : deliverQueue
  return { queue, version: errandVersion, id: options.id, lane: options.lane ?? 'normal', body: { ...errand } }
}
