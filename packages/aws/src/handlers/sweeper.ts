import { Sweeper } from '@plinth/core'
import { functionLog } from './function-log.ts'
import { functionPlatform } from './function-platform.ts'

/** One round of the sweeper, on a schedule. */
export async function handler(): Promise<{ readonly objects: number }> {
  const platform = await functionPlatform()
  const sweeper = new Sweeper({ operator: platform.operate(), log: functionLog })
  try {
    return await sweeper.sweep()
  } finally {
    await sweeper.stop()
  }
}
