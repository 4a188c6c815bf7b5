/** What the programs here begin with. @module */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Authenticator,
  Dispatcher,
  LocalIssuer,
  patterns,
  Relay,
  type Scope,
  StreamDeliveries,
  silentLog,
  TenantRegistry,
  WorkerHost,
} from '@plinth/core'
import { createDocumentReader } from '@plinth/documents'
import { localPlatform, systemClock } from '@plinth/local'
import { createModels } from '@plinth/models'

interface Demo {
  /** The only view that a pattern has: of one tenant, for one caller. */
  readonly scope: Scope
  /** Resolves with what the next event of a type is about. */
  told(type: string): Promise<string>
  close(): Promise<void>
}

/** A platform in a folder of its own, all that works in the background, and a tenant whose user may do everything. */
export async function openDemo(): Promise<Demo> {
  const directory = mkdtempSync(join(tmpdir(), 'plinth-'))
  const reader = createDocumentReader({ clock: systemClock })
  const platform = await localPlatform({ directory, reader, models: createModels({ clock: systemClock }) })
  const operator = platform.operate()

  // A tenant, a token, a caller: the only way to a scope.
  const registry = new TenantRegistry(operator)
  await registry.ensure('demo', 'Demo')
  const issuer = await LocalIssuer.open(operator)
  const token = await issuer.sign({ tenant: 'demo', user: 'ada', permissions: ['*'], lifetime: 60 })
  const caller = await new Authenticator({ registry, issuer, clock: systemClock }).authenticate(`Bearer ${token}`, 'sample')

  const parts = { platform, patterns, log: silentLog }
  const relay = new Relay({ operator, log: silentLog, dispatcher: new Dispatcher({ operator, ...parts }) })
  const host = new WorkerHost(parts)
  const deliveries = new StreamDeliveries(parts)

  return {
    scope: platform.scope(caller),
    told: (type) =>
      new Promise((resolve) => platform.bus.subscribe((event) => void (event.type === type && resolve(event.subject)))),
    close: async () => {
      await Promise.all([host.drain(), deliveries.drain()])
      await relay.stop()
      await platform.close()
      await reader.close()
      rmSync(directory, { recursive: true })
    },
  }
}
