import { defineJob, type JobDefinition } from '../define/job.ts'
import type { Subscriber } from '../define/subscriber.ts'
import { PlinthError } from '../errors.ts'
import { envelope } from '../ports/event-bus.ts'
import type { Outcome } from '../ports/queue.ts'
import { type Attempted, workErrand } from './delivery.ts'
import { type Errand, errandForm, errandVersion } from './errand.ts'

/** The job that runs a handler in code: its deliveries are kept, retried and given up as those of webhooks are. */
export function handlerJob(subscriber: Subscriber): JobDefinition<Errand> {
  const { name, summary, concurrency } = subscriber
  return defineJob<Errand>({
    name,
    version: errandVersion,
    summary,
    body: errandForm,
    concurrency,
    handle: async (scope, errand, context) => {
      let fault: unknown
      const outcome = await workErrand(scope, errand, context, async (event): Promise<Attempted> => {
        try {
          return attemptedOf((await subscriber.handle(scope, envelope(event), context)) ?? { done: true })
        } catch (error) {
          fault = error
          return { failed: { code: PlinthError.is(error) ? error.code : 'internal' } }
        }
      })
      // The next attempt is a job of its own by now; thrown, the fault is in the log, and this job finds nothing more to do.
      if (fault !== undefined) throw fault
      return outcome
    },
  })
}

function attemptedOf(outcome: Outcome): Attempted {
  if ('done' in outcome) return { delivered: true }
  if ('retryAt' in outcome) return { again: outcome.retryAt }
  return { failed: { code: 'handler_refused', reason: outcome.dead }, final: true }
}
