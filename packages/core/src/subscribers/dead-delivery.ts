import type { NoFields } from '../define/collection.ts'
import { ConflictError } from '../errors.ts'
import { type DeadLetterFields, deadLetters } from '../event-driven/requests.ts'
import { uuid } from '../ids.ts'
import type { StoredRecord } from '../scope/record.ts'
import type { Uses } from '../scope/scope.ts'
import { insert, type RecordWrite, remove } from '../scope/state.ts'
import { type Errand, errandJob } from './errand.ts'
import { type DeliveryFields, deliveries, deliveryPlace } from './records.ts'

const reasons: Readonly<Record<string, string>> = {
  receiver_gone: 'The receiver answered that it is there no more.',
  receiver_refused: 'The receiver did not accept the event.',
  subscriber_disabled: 'The subscriber is disabled.',
  content_unavailable: 'What the event is about could not be read.',
  cut_off: 'The work was cut off too often.',
  handler_refused: 'The handler gave the event up.',
}

/** No caller can give a request an id with a tilde. */
function deadDeliveryId(deliveryId: string): string {
  return `delivery~${deliveryId}`
}

/** The dead letter of a delivery that is given up. */
export function deadDelivery(fields: DeliveryFields): RecordWrite {
  const { delivery_id, subject, fault, attempts, round, ended = 0, target, sequence, replay_id } = fields
  const reason = fault?.code ?? 'unknown'
  const letter: DeadLetterFields = {
    kind: 'delivery',
    dead_letter_id: deadDeliveryId(delivery_id),
    request_id: subject,
    reason,
    message: reasons[reason] ?? 'The event could not be delivered.',
    attempts,
    round,
    at: ended,
    errand: { target, sequence, ...(replay_id === undefined ? {} : { replay_id }) },
  }
  return insert(deadLetters, { partition: deadDeliveryId(delivery_id) }, letter)
}

/**
 * Tries a delivery again that was given up, in a new round. The event has the id that it always had.
 * @throws ConflictError when someone else changed one of the two.
 */
export async function redriveDelivery(
  scope: Uses<'state'>,
  letter: StoredRecord<DeadLetterFields, NoFields>,
  errand: Errand,
): Promise<undefined> {
  const record = await scope.state.get(deliveries, deliveryPlace(errand))
  if (!record) {
    await scope.state.commit({ writes: [remove(deadLetters, letter)] })
    return undefined
  }
  if (record.fields.status !== 'failed') throw new ConflictError('deliveries')
  const { fault, ended, ...fields } = record.fields
  const job = errandJob(errand, { id: uuid(scope.clock) })
  await scope.state.update(
    deliveries,
    record,
    { ...fields, status: 'pending', job: job.id, failures: 0, round: fields.round + 1 },
    { also: [remove(deadLetters, letter)], emit: [{ kind: 'job', ...job }] },
  )
  return undefined
}
