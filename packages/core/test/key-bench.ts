import { collect } from '../src/contracts/index.ts'
import type { Change, KeyService, Row } from '../src/index.ts'
import { DataKeys } from '../src/scope/data-keys.ts'
import { Sealing } from '../src/scope/sealing.ts'
import {
  FakeClock,
  HostileStateStore,
  Hostility,
  MemoryKeyService,
  MemoryObjectStore,
  MemoryStateStore,
} from '../src/testing/index.ts'

class CountingKeys extends MemoryKeyService implements KeyService {
  readonly contexts: unknown[] = []
  unwraps = 0

  override wrap(...given: Parameters<KeyService['wrap']>): Promise<Uint8Array> {
    this.contexts.push([given[0], given[2]])
    return super.wrap(...given)
  }

  override unwrap(...given: Parameters<KeyService['unwrap']>): Promise<Uint8Array> {
    this.unwraps++
    return super.unwrap(...given)
  }
}

class CountingState extends HostileStateStore {
  commits = 0
  readonly loads: string[] = []

  override commit(change: Change): Promise<void> {
    this.commits++
    return super.commit(change)
  }

  override read(...given: Parameters<HostileStateStore['read']>): AsyncIterable<Row> {
    this.loads.push(given[0])
    return super.read(...given)
  }
}

export interface KeyBench {
  readonly clock: FakeClock
  readonly hostile: Hostility
  readonly kms: CountingKeys
  readonly state: CountingState
  readonly dataKeys: DataKeys
  /** Another process on the same stores. */
  process(): DataKeys
  sealing(dataKeys?: DataKeys): Sealing
  rows(tenant?: string): Promise<Row[]>
}

export function keyBench(): KeyBench {
  const clock = new FakeClock()
  const hostile = new Hostility(clock)
  const inner = new MemoryStateStore({ clock })
  const [kms, state, objects] = [new CountingKeys({ clock }), new CountingState(inner, hostile), new MemoryObjectStore({ clock })]
  const process = (): DataKeys => new DataKeys({ state, keys: kms, clock })
  const dataKeys = process()
  const sealing = (keys = dataKeys): Sealing => new Sealing({ keys, objects, clock })
  const rows = (tenant = 'alpha'): Promise<Row[]> => collect(inner.read(tenant, 'data-keys', 'data-keys'))
  return { clock, hostile, kms, state, dataKeys, process, sealing, rows }
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
