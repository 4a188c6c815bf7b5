import fc from 'fast-check'
import type { Change, Key, Row, StoredEvent, Write } from '../ports/state-store.ts'
import { eventOf, rowOf } from './samples.ts'

/** The model of a tenant's state: rows by `partition/sort`, and the log. Never changed, only replaced. */
export interface ModelState {
  readonly rows: ReadonlyMap<string, Row>
  readonly events: readonly StoredEvent[]
}

/** A change as chance makes it; which versions it names is decided when it runs. */
export interface ChangeSketch {
  readonly writes: readonly WriteSketch[]
  readonly emit: number
  readonly durability: 'synced' | 'relaxed'
}

interface WriteSketch {
  readonly key: number
  readonly kind: 'put' | 'delete' | 'check' | 'add'
  readonly condition: 'none' | 'right' | 'absent' | 'wrong'
  readonly value: number
  /** Milliseconds from now; null: never. */
  readonly expires: number | null
}

export const collection = 'model'
export const group = 'group'
export const event = 'genai.model.tried'
export const partitions: readonly string[] = ['p', 'p!']
const sorts = ['a', 'a!', 'aa', '~']
/** All keys that there are: few, so that they meet. */
export const keys: readonly (readonly [partition: string, sort: string])[] = partitions.flatMap((partition) =>
  sorts.map((sort) => [partition, sort] as const),
)

const writeSketch: fc.Arbitrary<WriteSketch> = fc.record({
  key: fc.nat(keys.length - 1),
  kind: fc.constantFrom('put', 'put', 'delete', 'check', 'add'),
  condition: fc.constantFrom('none', 'right', 'right', 'absent', 'wrong'),
  value: fc.nat(9),
  expires: fc.option(fc.integer({ min: 0, max: 100 }), { freq: 2 }),
})

export const changeSketch: fc.Arbitrary<ChangeSketch> = fc.record({
  writes: fc.uniqueArray(writeSketch, { minLength: 1, maxLength: 4, selector: (write) => write.key }),
  emit: fc.nat(2),
  durability: fc.constantFrom('synced', 'relaxed'),
})

export function modelKey(tenant: string, index: number): Key {
  const [partition = '', sort = ''] = keys[index] ?? []
  return { tenant, collection, partition, sort }
}

/** The change that a sketch is, when the state is this. */
export function changeOf(
  sketch: ChangeSketch,
  at: { readonly tenant: string; readonly state: ModelState; readonly now: number; readonly id: string },
): Change {
  const emit = Array.from({ length: sketch.emit }, (_, index) =>
    eventOf(at.tenant, `${at.id}-${index}`, index === 0 ? { type: event } : {}),
  )
  return { writes: sketch.writes.map((write) => writeOf(write, at)), emit }
}

function writeOf(
  sketch: WriteSketch,
  { tenant, state, now }: { readonly tenant: string; readonly state: ModelState; readonly now: number },
): Write {
  const key = modelKey(tenant, sketch.key)
  const current = live(state, key, now)?.version
  const versions = { none: undefined, right: current ?? 'absent', absent: 'absent', wrong: (current ?? 0) + 3 } as const
  const ifVersion = versions[sketch.condition]
  if (sketch.kind === 'check') return { check: key, ifVersion: ifVersion ?? 'absent' }
  if (sketch.kind === 'delete') return { delete: key, ...(typeof ifVersion === 'number' ? { ifVersion } : {}) }
  if (sketch.kind === 'add')
    return {
      add: key,
      amounts: { count: sketch.value, ...(sketch.value % 2 ? { other: -1 } : {}) },
      ...(sketch.condition === 'wrong' ? { max: { count: 9 } } : {}),
    }
  const lists = sketch.value % 3 ? [{ group, order: `o${sketch.value % 4}` }] : []
  const parts = { index: { value: sketch.value }, sealed: { text: new Uint8Array([sketch.value]) }, lists }
  const put = rowOf(key, { ...parts, ...(sketch.expires === null ? {} : { expires: now + sketch.expires }) })
  return { put, ...(ifVersion === undefined ? {} : { ifVersion }) }
}

/** What a change does to the model. With refusals (`code key`, any of which may be named) it does nothing. */
export function run(
  state: ModelState,
  change: Change,
  now: number,
): { readonly state: ModelState; readonly refusals: readonly string[] } {
  const rows = new Map(state.rows)
  const refusals: string[] = []
  for (const write of change.writes) {
    const key = 'put' in write ? write.put : 'delete' in write ? write.delete : 'check' in write ? write.check : write.add
    const place = `${key.partition}/${key.sort}`
    const current = live(state, key, now)
    const version = (current?.version ?? 0) + 1
    if ('ifVersion' in write && write.ifVersion !== undefined && write.ifVersion !== (current?.version ?? 'absent'))
      refusals.push(`conflict ${collection}/${place}`)
    if ('put' in write) rows.set(place, { ...write.put, version })
    if ('delete' in write) rows.delete(place)
    if ('add' in write) {
      const index: Record<string, unknown> = { ...current?.index }
      for (const [field, amount] of Object.entries(write.amounts)) index[field] = Number(index[field] ?? 0) + amount
      if (Object.entries(write.max ?? {}).some(([field, most]) => Number(index[field]) > most))
        refusals.push(`limit_reached ${collection}/${place}`)
      rows.set(place, { ...(current ?? rowOf(key)), version, index: index as Row['index'] })
    }
  }
  if (refusals.length > 0) return { state, refusals }
  const emitted = (change.emit ?? []).filter((entry) => 'detail' in entry)
  const events = emitted.map((each, index) => ({ ...each, sequence: state.events.length + index + 1 }))
  return { state: { rows, events: [...state.events, ...events] }, refusals }
}

function live(state: ModelState, key: Key, now: number): Row | undefined {
  const row = state.rows.get(`${key.partition}/${key.sort}`)
  return row && (row.expires === undefined || row.expires > now) ? row : undefined
}
