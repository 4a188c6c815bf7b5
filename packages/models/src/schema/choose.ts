/** What decides where a schema leaves a choice. @module */
import type { JsonValue } from '@plinth/core'
import type { Schema } from './read.ts'
import type { Bounds } from './scalars.ts'

/** The place in the value that is being filled. */
export interface Field {
  /** The property's name; of an array's items, the array's. Empty at the root. */
  readonly name: string
  /** The schema's `title` and `description`, if any. */
  readonly description: string
}

/** Takes the decisions that a schema leaves open. Whatever it says is bent to fit the schema afterwards. */
export interface Chooser {
  /** The order in which to try alternatives, as positions in `branches`. */
  branches(branches: readonly Schema[], field: Field): readonly number[]
  /** One of `options`, never empty. */
  option(options: readonly JsonValue[], field: Field): JsonValue
  /** `schema` is there for its format and length. */
  text(field: Field, schema: Schema): string
  number(field: Field, bounds: Bounds): number
  boolean(field: Field): boolean
  /** How many items an array gets, and who decides for each; `schema` is that of the items. */
  items(field: Field, schema: Schema): { readonly count: number; readonly item: (index: number) => Chooser }
  /** Whether to fill a property that may be left out. */
  optional(field: Field): boolean
}
