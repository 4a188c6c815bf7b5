import type { AnyCollection, Collection } from '../define/collection.ts'
import { PlinthError } from '../errors.ts'
import type { Row } from '../ports/state-store.ts'
import type { Sealing } from './sealing.ts'

/** Where a record is within its collection. */
export interface Place {
  readonly partition: string
  /** Default `@`: the only record of its partition. */
  readonly sort?: string
}

/** A record as it was read, at one version. */
export class StoredRecord<Plain extends object, Sealed extends object> {
  /** The plain fields, upgraded to the collection's schema. */
  readonly fields: Plain
  readonly #row: Row
  readonly #sealing: Sealing

  constructor(collection: Collection<Plain, Sealed, string>, row: Row, sealing: Sealing) {
    this.fields = upgrade(collection, row) as Plain
    this.#row = row
    this.#sealing = sealing
  }

  get partition(): string {
    return this.#row.partition
  }

  get sort(): string {
    return this.#row.sort
  }

  get version(): number {
    return this.#row.version
  }

  /** The stored row, for `State`; ciphertext only. */
  get row(): Row {
    return this.#row
  }

  /** The text of a sealed field, or undefined when it was never set. @throws SealError, KeyUnusableError. */
  async open(field: keyof Sealed & string): Promise<string | undefined> {
    const sealed = this.#row.sealed[field]
    return sealed && this.#sealing.openField(this.#row, field, sealed)
  }
}

/** A row that newer code wrote: this process must not read it wrongly, nor write over it. */
export class NewerSchemaError extends PlinthError {
  constructor(collection: string) {
    super('newer_schema', `A record of ${collection} was written by a newer version of Plinth.`, true)
  }
}

function upgrade(collection: AnyCollection, row: Row): object {
  if (row.schema > collection.schema) throw new NewerSchemaError(collection.name)
  let fields: object = row.index
  for (let schema = row.schema; schema < collection.schema; schema++) {
    const step = collection.upgrades?.[schema] as ((older: object) => object) | undefined
    if (step) fields = step(fields)
  }
  return fields
}
