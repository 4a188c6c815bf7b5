import { setTimeout as pause } from 'node:timers/promises'
import { cpuOf, memoryOfTree, residentOf } from '../harness/machine.mjs'
import { onFreshPlace } from './place.mjs'
import { withServer } from './servers.mjs'

/** What a server costs that nobody asks anything. */
export const idle = {
  contenders: ['plinth', 'bullmq-everysec', 'pg-boss'],
  variants: () => [{}],
  measure: (context, name) =>
    onFreshPlace(context, name, ({ settings, storePid }) => {
      const { concurrency, seconds, settleSeconds } = context.sizes.idle
      return withServer(name, { settings, concurrency, edge: 'hono' }, async ({ pid }) => {
        await pause(settleSeconds * 1000)
        const began = [cpuOf(pid), storePid === undefined ? 0 : cpuOf(storePid)]
        await pause(seconds * 1000)
        return {
          seconds,
          cpuSeconds: cpuOf(pid) - began[0],
          cpuStoreSeconds: storePid === undefined ? 0 : cpuOf(storePid) - began[1],
          ...residentOf(pid),
          storeMemory: storePid === undefined ? 0 : memoryOfTree(storePid),
        }
      })
    }),
}
