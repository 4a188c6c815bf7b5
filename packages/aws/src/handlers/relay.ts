import { Dispatcher, OutboxSender } from '@plinth/core'
import { outboxEntries, type TableChange } from '../outbox-stream.ts'
import { functionLog } from './function-log.ts'
import { functionPatterns, functionPlatform } from './function-platform.ts'

/** More than this isn't begun, so that a run ends in time; what is left is the next one's. */
const mostBatches = 40

/** Sends what the table's stream brings, and, when called by a schedule, what was left behind. */
export async function handler(event: { readonly Records?: readonly TableChange[] }): Promise<void> {
  const operator = (await functionPlatform()).operate()
  const dispatcher = new Dispatcher({ operator, patterns: functionPatterns(), log: functionLog })
  const sender = new OutboxSender({ operator, dispatcher })
  if (event.Records) {
    const { failed } = await sender.send(outboxEntries(event.Records, operator.clock.now()))
    if (failed > 0) functionLog.warn({ failed }, 'The relay could not send everything; the schedule will.')
    return
  }
  for (let batch = 0; batch < mostBatches; batch++) {
    const { seen, sent } = await sender.sendPending()
    if (seen === 0 || sent === 0) return
  }
}
