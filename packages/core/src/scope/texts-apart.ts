import type { Key, Row, StateStore } from '../ports/state-store.ts'
import type { Place } from './record.ts'
import { liesApart, type Sealing } from './sealing.ts'
import type { RecordWrite } from './state.ts'

/** A sealed field whose text lies in the ObjectStore. */
interface TextApart {
  readonly place: Key
  readonly field: string
  readonly sealed: Uint8Array
}

/**
 * What writes of rewritten collections will write over, where such texts lie apart. To be asked before the commit; until it has happened
 * the rows still refer to them.
 */
export async function writtenOver(
  store: StateStore,
  writes: readonly RecordWrite[],
  keyOf: (collection: string, place: Place) => Key,
): Promise<readonly TextApart[]> {
  if (store.rewrittenBytes === undefined) return []
  const found = writes.map(async (write): Promise<readonly TextApart[]> => {
    if ('replace' in write && write.replace.isRewritten) {
      const row = await store.get(keyOf(write.replace.name, write.place))
      return row ? textsApart(row) : []
    }
    if ('remove' in write && write.remove.isRewritten) return textsApart(write.record.row)
    if ('update' in write && write.update.isRewritten)
      return textsApart(write.record.row).filter(({ field }) => write.sealed[field] !== undefined)
    return []
  })
  return (await Promise.all(found)).flat()
}

/** Removes them. One that can't be now is found by the sweeper. */
export async function removeTexts(sealing: Sealing, texts: readonly TextApart[]): Promise<void> {
  await Promise.allSettled(texts.map(({ place, field, sealed }) => sealing.removeApart(place, field, sealed)))
}

/** The names of the objects in which a row's texts lie. @throws SealError, KeyUnusableError */
export async function objectsOfRow(sealing: Sealing, row: Row): Promise<ReadonlySet<string>> {
  const names = textsApart(row).map(({ place, field, sealed }) => sealing.nameApart(place, field, sealed))
  return new Set(await Promise.all(names))
}

function textsApart(row: Row): readonly TextApart[] {
  const { tenant, collection, partition, sort } = row
  const place = { tenant, collection, partition, sort }
  return Object.entries(row.sealed).flatMap(([field, sealed]) => (liesApart(sealed) ? [{ place, field, sealed }] : []))
}
