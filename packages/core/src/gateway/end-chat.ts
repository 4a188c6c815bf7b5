import { ConflictError, PlinthError } from '../errors.ts'
import type { ResolvedModel, Usage } from '../language-model/catalogue.ts'
import type { RecordWrite } from '../scope/state.ts'
import type { DirectedFinding } from '../tenancy/filters/filter-input.ts'
import { settleBooking } from '../tenancy/meter/booking.ts'
import type { Admitted, ChatScope, GovernedCall, Places } from './admit-chat.ts'
import type { ModelChat } from './ask-model.ts'
import { findKept, keep } from './kept-answers.ts'

/** What became of a call. */
export interface ChatEnd {
  /** What answered, or was asked first. */
  readonly resolved: ResolvedModel
  /** Undefined when no provider did anything for it. */
  readonly usage: Usage | undefined
  /** The answer as the client has it; absent where there is no whole one. */
  readonly chat?: ModelChat | undefined
  readonly findings?: readonly DirectedFinding[]
}

/** Conflicts are of others who keep an answer to the same; there are few of them. */
const tries = 8

/**
 * Counts what was used, gives the rest back, keeps the answer where that is wanted, and tells the trail; all in one commit. What can't be
 * kept keeps no call from being paid.
 */
export async function endChat(scope: ChatScope, call: GovernedCall, admitted: Admitted, end: ChatEnd): Promise<void> {
  const { resolved, usage } = end
  const deed = deedOf(call, admitted, end)
  let places = admitted.places
  let keeps = true
  for (let attempt = 1; ; attempt++) {
    const again = places.repeated !== undefined
    const settled = settleBooking(scope, admitted.booking, usage && { usage, model: resolved.entry.id, again })
    try {
      await scope.state.commit({ writes: [...(keeps ? keptWrites(scope, admitted, places, end) : []), ...settled], deed })
      return
    } catch (error) {
      if (!(error instanceof ConflictError)) {
        // A commit that may have happened can't be made anew.
        if (!keeps || !PlinthError.is(error) || error.retryable) throw error
        keeps = false
      } else if (attempt === tries) throw error
      else {
        places = await lookAgain(scope, places)
        keeps &&= attempt < tries / 2
      }
    }
  }
}

function keptWrites(
  scope: ChatScope,
  { first }: Admitted,
  { repeat, repeated, cache, cached }: Places,
  { resolved, usage, chat }: ChatEnd,
): RecordWrite[] {
  const { servedBy } = resolved
  return [
    ...(repeat && usage ? keep(scope, repeat, { servedBy, chat, instead: repeated }) : []),
    // What a fallback said is no answer of the model that was asked for.
    ...(cache && chat && servedBy === first.servedBy ? keep(scope, cache, { servedBy, chat, instead: cached }) : []),
  ]
}

async function lookAgain(scope: ChatScope, { repeat, cache }: Places): Promise<Places> {
  const repeated = repeat && (await findKept(scope, repeat))
  const cached = cache && (await findKept(scope, cache))
  return { repeat, cache, repeated, cached }
}

/** A call that cost something is told each time, also where its answer broke off; those that came to nothing, once a minute. */
function deedOf(
  { id, what }: GovernedCall,
  { findings: asked }: Admitted,
  { resolved, usage, chat, findings = [] }: ChatEnd,
): { what: string; resource: string; decision: string; detail: Record<string, string | number | boolean> } {
  const found = new Set([...asked, ...findings].map(({ direction, kind, action }) => `${direction}.${kind}.${action}`))
  const filters = [...found].join('+')
  return {
    what,
    resource: `models/${resolved.entry.id}`,
    decision: usage || chat ? 'allowed' : 'failed',
    detail: {
      request_id: id,
      ...(usage ? { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens } : {}),
      ...(chat ? {} : { answered: false }),
      ...(filters === '' ? {} : { filters: filters.length <= 64 ? filters : `${found.size}.kinds` }),
    },
  }
}
