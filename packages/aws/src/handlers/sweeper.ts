import { AuditSealer, Sweeper } from '@plinth/core'
import { functionLog } from './function-log.ts'
import { functionPlatform } from './function-platform.ts'

/** One round of the sweeper, on a schedule, and the sealing of audit trails. */
export async function handler(): Promise<{ readonly objects: number }> {
  const platform = await functionPlatform()
  const operator = platform.operate()
  const sweeper = new Sweeper({ operator, log: functionLog })
  try {
    await new AuditSealer({ operator, keys: operator.audit.keys, log: functionLog }).sealAll()
    return await sweeper.sweep()
  } finally {
    await sweeper.stop()
  }
}
