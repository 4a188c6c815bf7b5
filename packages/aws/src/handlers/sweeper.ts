import { AuditSealer, Sweeper } from '@plinth/core'
import { functionLog } from './function-log.ts'
import { functionPlatform } from './function-platform.ts'

/** Kept while the function is warm: it remembers where each trail ends. */
let sealer: AuditSealer | undefined

/** Seals audit trails, and unless it is to do that alone, clears away what is left of records and tenants; on two schedules. */
export async function handler(event?: {
  readonly task?: string
}): Promise<{ readonly entries: number; readonly objects: number }> {
  const platform = await functionPlatform()
  const operator = platform.operate()
  sealer ??= new AuditSealer({ operator, keys: operator.audit.keys, log: functionLog })
  const { entries } = await sealer.sealAll()
  if (event?.task === 'seal') return { entries, objects: 0 }
  const sweeper = new Sweeper({ operator, log: functionLog, mayOpen: false })
  try {
    return { entries, ...(await sweeper.sweep()) }
  } finally {
    await sweeper.stop()
  }
}
