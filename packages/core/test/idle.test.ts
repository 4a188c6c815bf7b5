import { expect, it } from 'vitest'
import { Dispatcher, patterns, Relay, Sweeper, silentLog, TenantRegistry, WorkerHost } from '../src/index.ts'
import { type Adapters, createPlatform } from '../src/platform.ts'
import { memoryPlatform, scriptedModels } from '../src/testing/index.ts'

/** The methods that cost something on a platform that is paid by use. */
type Counted = 'state' | 'queue' | 'bus' | 'objects' | 'keys' | 'operations' | 'outbound'

/** The same adapters, and how often each method of each was called. */
function counted(adapters: Adapters): { readonly adapters: Adapters; readonly calls: Map<string, number> } {
  const calls = new Map<string, number>()
  const count = <Port extends object>(name: Counted, port: Port): Port =>
    new Proxy(port, {
      get(target, method) {
        const value: unknown = Reflect.get(target, method)
        if (typeof value !== 'function') return value
        return (...values: unknown[]) => {
          const call = `${name}.${String(method)}`
          calls.set(call, (calls.get(call) ?? 0) + 1)
          return Reflect.apply(value, target, values)
        }
      },
    })
  const { state, queue, bus, objects, keys, operations, outbound } = adapters
  return {
    calls,
    adapters: {
      ...adapters,
      state: count('state', state),
      queue: count('queue', queue),
      bus: count('bus', bus),
      objects: count('objects', objects),
      keys: count('keys', keys),
      operations: count('operations', operations),
      outbound: count('outbound', outbound),
    },
  }
}

it('[R20] a Plinth that nobody asks anything asks nothing of its platform, but for one look a minute', async () => {
  const models = scriptedModels(() => 'Done.')
  const memory = memoryPlatform({ models })
  const { adapters, calls } = counted(memory.adapters)
  const platform = createPlatform('memory', adapters, models)
  const operator = platform.operate()
  await new TenantRegistry(operator).ensure('alpha', 'Alpha')
  const relay = new Relay({ operator, log: silentLog, dispatcher: new Dispatcher({ operator, patterns, log: silentLog }) })
  const host = new WorkerHost({ platform, patterns, log: silentLog })
  const sweeper = new Sweeper({ operator, log: silentLog })
  await memory.clock.advance(60_000)
  calls.clear()
  for (let minute = 0; minute < 60; minute++) await memory.clock.advance(60_000)
  expect(models.calls).toEqual([])
  // Of the sweeper: expired rows, old events, the tenants; and once an hour the objects of each tenant and of the system.
  expect(Object.fromEntries(calls)).toEqual({
    'operations.removeExpired': 60,
    'operations.trimEvents': 60,
    'state.read': 60,
    'objects.list': 2,
  })
  await Promise.all([host.drain(), relay.stop(), sweeper.stop()])
})
