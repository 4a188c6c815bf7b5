import type { z } from 'zod'

/** Sealed texts up to here lie in the row, unless the collection says otherwise: rows stay small. */
export const usualInlineBytes: number = 32 * 1024
/** No row takes a longer sealed text. */
export const mostInlineBytes: number = 300 * 1024

/** How records show in one list: which group they belong to (default: one for all) and their order there. */
export interface ListDefinition<Plain> {
  group?(fields: Plain): string
  order(fields: Plain): string
}

/** Of a collection without sealed fields. */
export type NoFields = Record<never, never>

/** No name may stand on both sides. */
type Disjoint<Plain, Sealed> =
  Extract<keyof Plain, keyof Sealed> extends never ? unknown : { readonly fieldIsPlainAndSealed: never }

export interface CollectionDefinition<Plain extends object, Sealed extends object, Lists extends string> {
  /** Kebab-case, unique in Plinth. */
  readonly name: string
  /** Counts changes of the fields, from 1. */
  readonly schema: number
  /** The plain fields: readable by whoever holds the database. Ids, states, counts, times; no content. */
  readonly plain: z.ZodType<Plain>
  /** The sealed fields: text, encrypted under the tenant's key, in no list. */
  readonly sealed: readonly (keyof Sealed & string)[]
  /** Lists are made of plain fields only: sealed ones are not even visible to `group` and `order`. At most three. */
  readonly lists: Readonly<Record<Lists, ListDefinition<Plain>>>
  /**
   * A sealed text of more bytes lies in the ObjectStore, and costs a second read and write. Default {@link usualInlineBytes}; at most
   * {@link mostInlineBytes}, for what is written over and over. A row holds 350 KB with all of its fields.
   */
  readonly inlineBytes?: number
  /**
   * Its texts are written over and over: where rows are paid by the byte, those above its `StateStore.rewrittenBytes` lie in the
   * ObjectStore, and what was written over goes at once.
   */
  readonly isRewritten?: boolean
  /** When a record goes away by itself, milliseconds UTC. */
  expires?(fields: Plain): number | undefined
  /** From the plain fields of schema n (the property) to those of n + 1; applied on read. */
  readonly upgrades?: Readonly<Record<number, (fields: never) => object>>
}

/** A named record type. */
export interface Collection<Plain extends object, Sealed extends object = NoFields, Lists extends string = never>
  extends CollectionDefinition<Plain, Sealed, Lists> {
  readonly listNames: readonly Lists[]
}

/** Any collection, for code that walks all of a pattern's. */
// biome-ignore lint/suspicious/noExplicitAny: a collection is invariant in its fields; this is the type above all of them
export type AnyCollection = Collection<any, any, any>

/** @throws Error for a definition that can't be right, when the module is loaded. */
export function defineCollection<Plain extends object, Sealed extends object = NoFields, Lists extends string = never>(
  definition: CollectionDefinition<Plain, Sealed, Lists> & Disjoint<Plain, Sealed>,
): Collection<Plain, Sealed, Lists> {
  const listNames = Object.keys(definition.lists) as Lists[]
  if (listNames.length > 3) throw new Error(`${definition.name} has more than three lists.`)
  const { inlineBytes = usualInlineBytes } = definition
  if (inlineBytes > mostInlineBytes) throw new Error(`${definition.name} has sealed texts that no row takes.`)
  for (let schema = 1; schema < definition.schema; schema++) {
    if (!definition.upgrades?.[schema]) throw new Error(`${definition.name} has no upgrade from schema ${schema}.`)
  }
  return { ...definition, listNames }
}
