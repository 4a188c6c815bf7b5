/** What a measured span costs. @module */
import { cpuOf, memoryOfTree, residentOf } from '../harness/machine.mjs'

/**
 * Begins to measure CPU: of this process with all its threads, and of the store's processes.
 * @returns a function that tells what one request cost since, in microseconds.
 */
export function watchCpu(storePid) {
  const own = process.cpuUsage()
  const store = storePid === undefined ? 0 : cpuOf(storePid)
  return (requests) => {
    const { user, system } = process.cpuUsage(own)
    return {
      cpuClient: (user + system) / requests,
      cpuStore: storePid === undefined ? 0 : ((cpuOf(storePid) - store) * 1e6) / requests,
    }
  }
}

/** Bytes in memory: of this process now and at most, and of the store's processes. */
export function memory(storePid) {
  return { ...residentOf(process.pid), storeMemory: storePid === undefined ? 0 : memoryOfTree(storePid) }
}
