/**
 * What happened in a run, in order: the only record of it. Its state is these entries folded, so that a process that takes the run over
 * goes on where the one before was. Entries are keyed by step and attempt, never by the order of calls.
 * @module
 */

import type { JsonObject, JsonValue } from '../../json.ts'
import type { Usage } from '../../language-model/catalogue.ts'
import type { Citation } from '../../rag/answer/cite-claims.ts'
import type { Plan, Step } from '../plan/plan.ts'
import type { ConversationPart } from '../steps/conversation.ts'

/** Where a plan came from. */
export type PlanSource =
  /** The caller gave it. */
  | 'caller'
  /** The orchestrator's model wrote it. */
  | 'model'
  /** It did, at a second or third try. */
  | 'repaired'
  /** What it wrote at last was mended by rules. */
  | 'mended'
  /** Rules made it, since the model is none that plans. */
  | 'rules'
  /** One step, since nothing better was to be had. */
  | 'fallback'
  /** One step, since the request needs no more. */
  | 'simple'
  /** Somebody changed it before it was approved. */
  | 'edited'
  /** It is that of another run, from a step of which this one goes on. */
  | 'forked'

/** What came out of a try. */
export interface StepResult {
  readonly text: string
  /** Where the step asked for a form: the result in it. */
  readonly json?: JsonValue | undefined
  /** Names of documents that it rests on. */
  readonly sources?: readonly string[] | undefined
  readonly citations?: readonly Citation[] | undefined
  /** Of a step with success criteria: a model judged that it meets them, or nobody could judge. */
  readonly criteria?: 'met' | 'not_judged' | undefined
  /** The model had no more tokens for it: its end is missing. */
  readonly truncated?: boolean | undefined
}

/** A call of a tool that changes something, which its agent may not make without asking. */
export interface PendingCall {
  /** The model's own; where it gave that to another call of this conversation before, with the number of its turn. */
  readonly call_id: string
  readonly tool: string
  readonly input: JsonObject
}

/** A call of a tool that an agent made: its beginning, for whoever looks at the step afterwards. */
export interface MadeCall {
  readonly tool: string
  /** The arguments, as JSON. */
  readonly input: string
  readonly answer: string
  readonly failed?: boolean | undefined
}

export type StepOutcome =
  | ({ readonly status: 'completed' } & StepResult)
  /** It goes on from its conversation when somebody has agreed to these calls, or has not. */
  | { readonly status: 'awaiting_approval'; readonly calls: readonly PendingCall[] }
  /** `retryable`: another try may go better. `wait`: not before so many milliseconds. `deferred`: that it isn't its turn is no failed try. */
  | {
      readonly status: 'failed'
      readonly code: string
      readonly message: string
      readonly retryable: boolean
      readonly wait?: number | undefined
      readonly deferred?: boolean | undefined
    }
  /** It was broken off, since the run comes to its end. */
  | { readonly status: 'cancelled'; readonly code: string; readonly message: string }

/** Whose word it is, and what tells it from one that is sent again: HMACs of its idempotency key, and of what it says. */
interface Word {
  readonly by: string
  readonly sent?: { readonly key: string; readonly digest: string } | undefined
}

export type Ending =
  | ({ readonly status: 'completed' } & StepResult)
  | { readonly status: 'failed'; readonly code: string; readonly message: string }
  | { readonly status: 'cancelled'; readonly reason: string }

/** @property at milliseconds UTC. */
export type JournalEntry = {
  readonly at: number
} /** A step that another run has done, or whose result somebody gave: before the plan, which has it done from the start. */ & (
  | {
      readonly kind: 'kept'
      readonly step: string
      readonly result: StepResult
      /** Who gave it; absent: an agent, and in runs of an earlier version. */
      readonly by?: string | undefined
    }
  | {
      readonly kind: 'planned'
      readonly plan: Plan
      readonly source: PlanSource
      /** What was wrong with what the model wrote before. */
      readonly faults?: readonly string[] | undefined
      readonly usage: Usage
    }
  /** The rest of the plan, in the place of all steps that haven't begun. */
  | { readonly kind: 'replanned'; readonly steps: readonly Step[]; readonly because: string; readonly usage: Usage }
  /** Of the plan, or of one step; `plan`: as it was changed. */
  | ({ readonly kind: 'approved'; readonly step?: string | undefined; readonly plan?: Plan | undefined } & Word)
  | ({ readonly kind: 'rejected'; readonly step?: string | undefined; readonly reason: string } & Word)
  | { readonly kind: 'started'; readonly step: string; readonly attempt: number }
  /** An agent's conversation so far: put down when it has changed something outside, or is about to and has to ask. */
  | {
      readonly kind: 'conversed'
      readonly step: string
      readonly attempt: number
      readonly part: ConversationPart
      /** Since it was last put down. */
      readonly usage: Usage
      readonly toolCalls: number
      /** Since then. Absent in runs of an earlier version. */
      readonly made?: readonly MadeCall[] | undefined
    }
  | {
      readonly kind: 'finished'
      readonly step: string
      readonly attempt: number
      readonly outcome: StepOutcome
      /** Of what no entry `conversed` tells. */
      readonly usage: Usage
      readonly toolCalls: number
      readonly made?: readonly MadeCall[] | undefined
    }
  /** Somebody wants a step that failed, or was left out, to be tried again. */
  | { readonly kind: 'retried'; readonly step: string; readonly by: string }
  | { readonly kind: 'cancelled'; readonly by: string; readonly reason: string }
  /** No plan was to be had; it is tried again, up to a limit. */
  | {
      readonly kind: 'unplanned'
      readonly code: string
      readonly message: string
      readonly retryable: boolean
      readonly wait: number
      /** No try was made of it: it doesn't count towards the limit. */
      readonly deferred?: boolean | undefined
    }
  /** The run's time is over: what runs is broken off. */
  | { readonly kind: 'expired' }
  /** A process has taken the run over; what one with a lower epoch does from here on doesn't count. `trace`: its span, as `traceparent`. */
  | {
      readonly kind: 'owned'
      readonly epoch: number
      readonly trace?: string | undefined
      /** Agents that are defined in another way by now, or not at all: the run goes on with the definitions that it began with. */
      readonly agents_changed?: readonly string[] | undefined
    }
  /** Somebody was told that the plan waits for approval, or a step does. */
  | { readonly kind: 'waits'; readonly step?: string | undefined }
  /** Nothing goes on until somebody acts: from here to what they do the run's time stands still. */
  | { readonly kind: 'rests' }
  | { readonly kind: 'ended'; readonly ending: Ending }
)

/** The step in which the results are put together (R58): no id of a plan's can be this. */
export const synthesis = '@synthesis'
