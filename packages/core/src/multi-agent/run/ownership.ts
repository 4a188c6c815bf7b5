import type { NoFields } from '../../define/collection.ts'
import { ConflictError } from '../../errors.ts'
import type { StoredRecord } from '../../scope/record.ts'
import type { Uses } from '../../scope/scope.ts'
import { insert, update } from '../../scope/state.ts'
import { type OwnerRow, owners, workflowRetention } from '../workflows.ts'

/** For so long an owner is taken to live after it last said so. */
const leaseMilliseconds = 30_000

/**
 * Takes a run, as long as nobody who lives has it. Of several who try, one does (compare and set).
 * @returns until when somebody else has it, where somebody does.
 */
export async function takeOwnership(scope: Uses<'state'>, runId: string): Promise<Ownership | { readonly until: number }> {
  const now = scope.clock.now()
  const found = await scope.state.get(owners, { partition: runId })
  if (found && found.fields.until > now) return { until: found.fields.until }
  const epoch = (found?.fields.epoch ?? 0) + 1
  const fields = ownerUntil(runId, epoch, now + leaseMilliseconds, now)
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

  async #write(until: number): Promise<boolean> {
    const record = this.#record
    if (!record) return false
    try {
      const fields = ownerUntil(record.fields.workflow_id, this.epoch, until, this.#scope.clock.now())
      this.#record = await this.#scope.state.update(owners, record, fields, { durability: 'relaxed' })
      return true
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
      this.#record = undefined
      return false
    }
  }
}

/** The row outlives the run, or an epoch would be given twice. */
function ownerUntil(workflowId: string, epoch: number, until: number, now: number): OwnerRow {
  return { workflow_id: workflowId, epoch, until, expires: now + 2 * workflowRetention }
}
