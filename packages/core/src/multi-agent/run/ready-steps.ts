import { PriorityQueue } from './priority-queue.ts'
import type { StepState } from './step-state.ts'

/**
 * Steps that wait for nothing but room or a time. What has the longest way to the plan's end goes first: the critical path waits for
 * nothing that could as well come later.
 */
export class ReadySteps {
  /** One for each agent, so that an agent without room keeps nobody else waiting. */
  readonly #byAgent = new Map<string, PriorityQueue<StepState>>()
  readonly #later = new PriorityQueue<Due>((one, other) => one.at < other.at)

  add(state: StepState): void {
    if (state.notBefore > 0) this.#later.add({ state, at: state.notBefore })
    else this.#queueOf(state.step.agent_type).add(state)
  }

  /**
   * The next one that has room; undefined: none is ready. What is taken isn't ready any more. Of each agent only the first one is looked
   * at: a later one doesn't pass it.
   */
  take(now: number, hasRoom: (state: StepState) => boolean): StepState | undefined {
    for (let due = this.#later.first; due && due.at <= now; due = this.#later.first) {
      this.#later.take()
      if (!waits(due)) continue
      due.state.notBefore = 0
      this.#queueOf(due.state.step.agent_type).add(due.state)
    }
    let best: PriorityQueue<StepState> | undefined
    for (const queue of this.#byAgent.values()) {
      while (queue.first && !isReady(queue.first)) queue.take()
      const { first } = queue
      if (first && (!best?.first || isBefore(first, best.first)) && hasRoom(first)) best = queue
    }
    return best?.take()
  }

  /** When the next one may start that waits for its time, milliseconds UTC. */
  get wakeAt(): number | undefined {
    while (this.#later.first && !waits(this.#later.first)) this.#later.take()
    return this.#later.first?.at
  }

  #queueOf(agentType: string): PriorityQueue<StepState> {
    const known = this.#byAgent.get(agentType)
    if (known) return known
    const queue = new PriorityQueue<StepState>(isBefore)
    this.#byAgent.set(agentType, queue)
    return queue
  }
}

interface Due {
  readonly state: StepState
  readonly at: number
}

/** Whether it still waits for this very time: it may have begun, ended or failed again meanwhile. */
function waits({ state, at }: Due): boolean {
  return state.status === 'pending' && state.notBefore === at
}

function isReady({ status, notBefore }: StepState): boolean {
  return status === 'pending' && notBefore === 0
}

function isBefore(one: StepState, other: StepState): boolean {
  return one.remaining > other.remaining
}
