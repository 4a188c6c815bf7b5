import type { Usage } from '../../language-model/catalogue.ts'
import { noUsage } from '../../rag/usage.ts'
import type { Plan, Step } from '../plan/plan.ts'
import type { ConversationPart } from '../steps/conversation.ts'
import { type PendingCall, type StepResult, synthesis } from './journal.ts'

export type StepStatus = 'pending' | 'awaiting_approval' | 'running' | 'completed' | 'failed' | 'skipped' | 'cancelled'

/** Where one step stands. */
export interface StepState {
  readonly step: Step
  /** How many steps lie on the longest way from here to the plan's end. */
  readonly remaining: number
  status: StepStatus
  /** How often it was started. */
  attempts: number
  /** How often it failed since somebody asked for it; tries after a crash are not counted. */
  failures: number
  /** How often it could not be tried since then, and was put off. */
  deferrals: number
  /** How often somebody had it done again. */
  rounds: number
  /** How often it was in flight when the process died. */
  cutOffs: number
  approved: boolean
  /** Somebody has had a say in it, on its start or on calls: what it asks for from then on has to be named. */
  decided: boolean
  /** Milliseconds UTC. */
  notBefore: number
  /** For how long its tries ran, milliseconds; those that were cut off don't count. */
  ran: number
  /** When the last one began. */
  beganAt: number
  /** What its agent goes on from, where that was put down. */
  conversation?: readonly ConversationPart[]
  /** Calls of tools that wait for somebody's word. */
  calls?: readonly PendingCall[]
  /** What was said to them. */
  decision?: CallDecision
  result?: StepResult
  /** Who gave the result, where no agent did. */
  givenBy?: string | undefined
  error?: { readonly code: string; readonly message: string }
  startedAt?: number
  endedAt?: number
  usage: Usage
  toolCalls: number
}

/** Somebody's word on calls of tools. */
export interface CallDecision {
  readonly calls: readonly PendingCall[]
  /** Why not; absent: they may be made. */
  readonly rejected?: string
}

export function newState(step: Step): StepState {
  return {
    step,
    remaining: 1,
    status: 'pending',
    attempts: 0,
    failures: 0,
    deferrals: 0,
    rounds: 0,
    cutOffs: 0,
    approved: false,
    decided: false,
    notBefore: 0,
    ran: 0,
    beganAt: 0,
    usage: noUsage,
    toolCalls: 0,
  }
}

export function synthesisOf(plan: Plan | undefined): Step {
  return { id: synthesis, agent_type: 'report', prompt: plan?.goal ?? '', dependencies: [] }
}

/** Of its agent's conversation nothing is left. */
export function forget(state: StepState): void {
  delete state.conversation
  delete state.calls
  delete state.decision
}

export function isOver({ status }: StepState): boolean {
  return status === 'completed' || status === 'failed' || status === 'skipped' || status === 'cancelled'
}
