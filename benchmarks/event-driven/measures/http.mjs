import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { contenders } from '../contenders/contenders.mjs'
import { cpuOf, memoryOfTree, residentOf } from '../harness/machine.mjs'
import { promptOf } from '../harness/sizes.mjs'
import { wrk } from '../harness/wrk.mjs'
import { onFreshPlace } from './place.mjs'
import { withServer } from './servers.mjs'

const script = join(import.meta.dirname, 'post.lua')
const drainMilliseconds = 300_000
const warmUpConnections = 8

/** Over HTTP: wrk posts, the server answers 202 once the request is durable, its workers are in the same process. */
export const http = {
  contenders: ['plinth', 'bullmq-everysec', 'plinth-stripped', 'bullmq-always', 'pg-boss', 'nothing'],
  variants: (options, sizes) =>
    sizes.http.connections.flatMap((connections) => options.edges.map((edge) => ({ connections, edge }))),
  /** Ours has one server, whatever edge the peers have. */
  applies: (name, { edge }, options) => name !== 'plinth' || edge === options.edges[0],
  measure: (context, name, { connections, edge }) =>
    onFreshPlace(context, name, ({ settings, storePid }) => {
      const { concurrency, seconds, warmUpSeconds } = context.sizes.http
      return withServer(name, { settings, concurrency, edge }, async (server) => {
        await post(server, 'warm-', warmUpConnections, warmUpSeconds)
        const load = await post(server, 'load-', connections, seconds)
        const ended = performance.now()
        const atEnd = await server.progress()
        const { done } = await drained(server)
        const drainSeconds = (performance.now() - ended) / 1000
        return {
          rate: load.requests / (load.microseconds / 1e6),
          ackP50: load.p50 / 1000,
          ackP99: load.p99 / 1000,
          ackMax: load.max / 1000,
          acceptedAtEnd: atEnd.accepted,
          doneAtEnd: atEnd.done,
          drainSeconds: contenders[name].module === './nothing.mjs' ? 0 : drainSeconds,
          cpuClient: (cpuOf(server.pid) * 1e6) / done,
          cpuStore: storePid === undefined ? 0 : (cpuOf(storePid) * 1e6) / done,
          ...residentOf(server.pid),
          storeMemory: storePid === undefined ? 0 : memoryOfTree(storePid),
        }
      })
    }),
}

async function post({ url, token }, prefix, connections, seconds) {
  const load = await wrk(`${url}/api/requests`, { script, connections, seconds, words: [token, prefix, promptOf(0)] })
  if (load.refused + load.broken > 0)
    throw new Error(`Of ${load.requests} requests ${load.refused} were refused, ${load.broken} broke.`)
  return load
}

/** Waits until all that was accepted is worked. */
async function drained(server) {
  for (const began = performance.now(); performance.now() - began < drainMilliseconds; await pause(50)) {
    const progress = await server.progress()
    if (progress.done >= progress.accepted) return progress
  }
  throw new Error('It did not drain.')
}
