import {
  AuditRounds,
  AuditSealer,
  Dispatcher,
  type Log,
  type Pattern,
  type Platform,
  Relay,
  StreamDeliveries,
  Sweeper,
  WorkerHost,
} from '@plinth/core'
import { atMost } from './at-most.ts'

/** What works in the background of one platform. */
export interface Engine {
  /** Takes nothing more, and lets what runs end for so long. */
  stop(milliseconds: number): Promise<void>
}

/** Starts relay, worker, stream deliveries, sweeper and the sealing of audit trails. @param parts.worker whether jobs and streams are worked here. */
export function startEngine(parts: {
  readonly platform: Platform
  readonly patterns: readonly Pattern[]
  readonly worker: boolean
  readonly log: Log
}): Engine {
  const { platform, patterns, log } = parts
  const operator = platform.operate()
  const relay = new Relay({ operator, log, dispatcher: new Dispatcher({ operator, patterns, log }) })
  const sweeper = new Sweeper({ operator, log })
  const sealer = new AuditSealer({ operator, keys: operator.audit.keys, log })
  const rounds = new AuditRounds({ sealer, clock: operator.clock, log })
  operator.audit.onKept((tenant) => rounds.touch(tenant))
  const host = parts.worker ? new WorkerHost({ platform, patterns, log }) : undefined
  const deliveries = parts.worker ? new StreamDeliveries({ platform, patterns, log }) : undefined
  return {
    stop: async (milliseconds) => {
      platform.gate.stop()
      await atMost(operator.clock, milliseconds, Promise.all([host?.drain(), deliveries?.drain()]))
      await Promise.all([relay.stop(), sweeper.stop()])
      await rounds.stop()
    },
  }
}
