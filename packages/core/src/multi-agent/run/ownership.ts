import type { NoFields } from '../../define/collection.ts'
import type { JobContext } from '../../define/job.ts'
import { ConflictError } from '../../errors.ts'
import type { StoredRecord } from '../../scope/record.ts'
import type { Uses } from '../../scope/scope.ts'
import { insert, update } from '../../scope/state.ts'
import { type OwnerRow, owners } from '../workflows.ts'

/** For so long an owner is taken to live after it last said so. */
const leaseMilliseconds = 30_000

/**
 * Takes a run, as long as nobody who lives has it. Of several who try, one does (compare and set). A delivery that was cut off is dead, or has
 * no right to the job any more: the next one of the same job need not wait until its lease is over.
 * @returns until when somebody else has it, where somebody does.
 */
export async function takeOwnership(
  scope: Uses<'state'>,
  runId: string,
  { job, lease }: JobContext,
): Promise<Ownership | { readonly until: number }> {
  const now = scope.clock.now()
  const found = await scope.state.get(owners, { partition: runId })
  const wasCutOff = found?.fields.job === job.id && found.fields.cut_offs < lease.cutOffs
  if (found && found.fields.until > now && !wasCutOff) return { until: found.fields.until }
  const fields: OwnerRow = {
    workflow_id: runId,
    epoch: (found?.fields.epoch ?? 0) + 1,
    until: now + leaseMilliseconds,
    job: job.id,
    cut_offs: lease.cutOffs,
  }
  const write = found ? update(owners, found, fields) : insert(owners, { partition: runId }, fields)
  try {
    const [record] = await scope.state.commit({ writes: [write], durability: 'relaxed' })
    return new Ownership(scope, record as unknown as StoredRecord<OwnerRow, NoFields>)
  } catch (error) {
    if (error instanceof ConflictError) return { until: now + leaseMilliseconds }
    throw error
  }
}

/** The right to run a run. */
export class Ownership {
  readonly #scope: Uses<'state'>
  #record: StoredRecord<OwnerRow, NoFields> | undefined
  #last: Promise<unknown> = Promise.resolve()
  /** Grows with each owner of the run: what one with a lower one writes doesn't count. */
  readonly epoch: number

  constructor(scope: Uses<'state'>, record: StoredRecord<OwnerRow, NoFields>) {
    this.#scope = scope
    this.#record = record
    this.epoch = record.fields.epoch
  }

  /** Says that it lives. @returns false when somebody else has it. */
  renew(): Promise<boolean> {
    return this.#write(this.#scope.clock.now() + leaseMilliseconds)
  }

  /** Lets the next one have it at once. */
  async release(): Promise<void> {
    await this.#write(0)
  }

  /** One after the other: of two on their way the later one would meet what the first one wrote, and take it for another owner's. */
  #write(until: number): Promise<boolean> {
    const written = this.#last.then(() => this.#say(until))
    this.#last = written.catch(() => {})
    return written
  }

  async #say(until: number): Promise<boolean> {
    const record = this.#record
    if (!record) return false
    try {
      this.#record = await this.#scope.state.update(owners, record, { ...record.fields, until }, { durability: 'relaxed' })
      return true
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
      this.#record = undefined
      return false
    }
  }
}
