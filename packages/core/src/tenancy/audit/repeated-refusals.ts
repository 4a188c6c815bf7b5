import { sha256 } from '../../crypto.ts'
import type { Clock } from '../../ports/clock.ts'
import type { AuditFacts } from './entry.ts'
import { remember } from './remember.ts'

const minuteMilliseconds = 60_000
const remembered = 10_000

/** What becomes of the same request again and again, whatever it is about: one entry says it all. */
const ofLimits: ReadonlySet<string> = new Set(['budget_exhausted', 'rate_limited', 'content_blocked'])

interface Kind {
  /** In which an entry of it was last written, or tried to be. */
  minute: number
  /** How many since the last entry that was kept, those that were tried in vain included. */
  untold: number
}

/** An entry that is to be written. */
export interface FirstRefusal {
  /** How many more of its kind this process knows of that were refused since the entry before, and have none of their own. */
  readonly repeated: number
  /** To be called when the entry was committed. */
  kept(): void
}

/**
 * Lets through one refusal of a kind a minute, the first, so that whoever is refused all the time doesn't fill the trail. Of one kind are
 * refusals of the same user or key of a tenant by the same decision: where a limit or a filter decided, all of them; else those of the
 * same act on the same resource. Each process sees its own, and the last of the 10,000 kinds that it knows may be forgotten: then there
 * is an entry too many, and `repeated` says too little.
 */
export class RepeatedRefusals {
  readonly #clock: Clock
  readonly #kinds = new Map<string, Kind>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @returns undefined when there was one of its kind in this minute of UTC. */
  first(tenant: string, facts: AuditFacts): FirstRefusal | undefined {
    const minute = Math.floor(this.#clock.now() / minuteMilliseconds)
    const name = nameOf(tenant, facts)
    const known = this.#kinds.get(name)
    const kind = known ?? { minute, untold: 0 }
    kind.untold++
    if (known?.minute === minute) return undefined
    kind.minute = minute
    remember(this.#kinds, name, kind, remembered)
    const told = kind.untold
    return {
      repeated: told - 1,
      kept: () => {
        kind.untold -= told
      },
    }
  }
}

/** Short, whatever a caller names. */
function nameOf(tenant: string, { who, key_id, decision, what, resource }: AuditFacts): string {
  const about = ofLimits.has(decision) ? [] : [what, resource]
  return sha256(JSON.stringify([tenant, who, key_id ?? '', decision, ...about]))
}
