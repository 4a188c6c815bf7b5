import type { Clock } from '../../ports/clock.ts'

/** Steps of one tenant that run at a time in one process, whatever its number of runs. */
const usualMost = 64

/**
 * How many steps of a tenant run at a time in this process, over all its runs, and of each agent. A run that finds no room is asked again
 * when a step ends, and as long as it waits no other one gets more that has more already: so runs have equal shares, however many steps
 * each could start.
 */
export class StepSlots {
  readonly #most: number
  readonly #onIdle: () => void
  readonly #runs = new Set<RunSlots>()
  readonly #byAgent = new Map<string, number>()
  #taken = 0

  /** @param onIdle called when its last run is left. */
  constructor({ most = usualMost, onIdle = () => {} }: { readonly most?: number; onIdle?(): void } = {}) {
    this.#most = most
    this.#onIdle = onIdle
  }

  /** A run's part of it. @param wake called when there may be room again. */
  open(wake: () => void): RunSlots {
    const run: RunSlots = new RunSlots({
      wake,
      mayTake: (agentType, most) => this.#mayTake(run, agentType, most),
      changed: (agentType, by) => this.#change(agentType, by),
      passed: () => this.#pass(),
      closed: () => {
        if (this.#runs.delete(run) && this.#runs.size === 0) this.#onIdle()
      },
    })
    this.#runs.add(run)
    return run
  }

  #mayTake(run: RunSlots, agentType: string, most: number | undefined): boolean {
    if (most !== undefined && (this.#byAgent.get(agentType) ?? 0) >= most) {
      run.wants = true
      return false
    }
    if (this.#taken < this.#most && !this.#isNeedier(run)) return true
    run.wants = true
    run.waits = true
    return false
  }

  /** Whether a run that waits has less. */
  #isNeedier({ taken }: RunSlots): boolean {
    for (const other of this.#runs) if (other.waits && other.taken < taken) return true
    return false
  }

  #change(agentType: string, by: number): void {
    this.#taken += by
    const left = (this.#byAgent.get(agentType) ?? 0) + by
    if (left > 0) this.#byAgent.set(agentType, left)
    else this.#byAgent.delete(agentType)
    if (by < 0) this.#wake()
  }

  /** Whoever waited for a run that doesn't want its turn is asked again. */
  #pass(): void {
    if (this.#taken < this.#most) this.#wake()
  }

  #wake(): void {
    for (const run of this.#runs) if (run.wants) run.wake()
  }
}

interface RunSlotsParts {
  readonly wake: () => void
  mayTake(agentType: string, most: number | undefined): boolean
  changed(agentType: string, by: number): void
  passed(): void
  closed(): void
}

/** What one run has of its tenant's room. */
export class RunSlots {
  /** It has a step that could start, but for room. */
  wants = false
  /** It is the tenant's room that is missing, not its agent's: others with more wait for it. */
  waits = false
  taken = 0
  readonly #parts: RunSlotsParts

  constructor(parts: RunSlotsParts) {
    this.#parts = parts
  }

  get wake(): () => void {
    return this.#parts.wake
  }

  /** Looks for room from the start: what it wanted before is over. @returns to be called when it has looked. */
  look(): () => void {
    const waited = this.waits
    this.wants = false
    this.waits = false
    return () => {
      if (waited && !this.waits) this.#parts.passed()
    }
  }

  /** @param most steps of this agent, over all runs of the tenant. */
  mayTake(agentType: string, most: number | undefined): boolean {
    return this.#parts.mayTake(agentType, most)
  }

  take(agentType: string): void {
    this.taken++
    this.#parts.changed(agentType, 1)
  }

  give(agentType: string): void {
    this.taken--
    this.#parts.changed(agentType, -1)
  }

  /** The run is left, and has given back all that it took. */
  close(): void {
    this.#parts.closed()
  }
}

const processes = new WeakMap<Clock, Map<string, StepSlots>>()

/** Those of a tenant in this process, as long as it has runs here: to be opened at once. A process is known by its clock. */
export function slotsOf(clock: Clock, tenant: string): StepSlots {
  const tenants = processes.get(clock) ?? new Map<string, StepSlots>()
  processes.set(clock, tenants)
  const known = tenants.get(tenant)
  if (known) return known
  const slots = new StepSlots({ onIdle: () => tenants.delete(tenant) })
  tenants.set(tenant, slots)
  return slots
}
