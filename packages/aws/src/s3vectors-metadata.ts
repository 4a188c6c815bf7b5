import { InvalidInputError, jsonBytes, type SearchQuery } from '@plinth/core'
import type { VersionFacts } from './s3vectors-manifest.ts'
import { accessTokens, attributeTokens, filterTokens, readerTokens, unsure } from './search-tokens.ts'

/** What a vector carries: tokens to filter by, and where its chunk stands in the text. */
export type VectorMetadata = {
  readonly readers: string[]
  readonly fields: string[]
  /** Which put it came with: what is coming or going is left out by it. */
  readonly put: string
  readonly start: number
  readonly end: number
}

type Condition =
  | { readonly [Key in 'readers' | 'fields']?: { readonly $in: string[] } }
  | { readonly put: { readonly $nin: string[] } }
export type VectorFilter = { readonly $and: Condition[] }

/** Of what can be filtered by, S3 Vectors takes 2 KB a vector; the put, the names of the fields and some air go off. */
const filterableBytes = 1_900
/** A filter has at most 100 constraints on an index that filters first; each value is taken for one. */
const constraints = 100
const mostFieldValues = 50
export const mostLeftOut = 30

/**
 * The tokens of a version. What doesn't fit stands as `unsure`, which every filter lets through: what is found so is decided by the
 * version's own record.
 */
export function filterable({ attributes, access }: VersionFacts): Pick<VectorMetadata, 'readers' | 'fields'> {
  const readers = accessTokens(access)
  const fields = attributeTokens(attributes)
  // A list without an item is no metadata: a token that nobody asks for takes its place.
  const sure = { readers: orNobody(readers), fields: orNobody(fields) }
  if (jsonBytes(sure) <= filterableBytes) return sure
  // The shorter one stays: it fits, or both don't.
  const shorter = readers.length <= fields.length ? { ...sure, fields: [unsure] } : { ...sure, readers: [unsure] }
  return jsonBytes(shorter) <= filterableBytes ? shorter : { readers: [unsure], fields: [unsure] }
}

/**
 * A query's filters, without some puts (at most {@link mostLeftOut}): what passes any of them is what is asked for. There are several for a reader of more groups than one filter can
 * name.
 * @throws InvalidInputError for a filter of more than 50 values.
 */
export function vectorFilters(
  { filter, reader }: Pick<SearchQuery, 'filter' | 'reader'>,
  without: readonly string[] = [],
): VectorFilter[] {
  const fields = filterTokens(filter)
  const values = fields.reduce((sum, field) => sum + field.length + 1, 0)
  if (values > mostFieldValues)
    throw new InvalidInputError('A filter has at most 50 fields and values here.', { field: 'filter' })
  const conditions = fields.map((field): Condition => ({ fields: { $in: [...field, unsure] } }))
  if (without.length > 0) conditions.push({ put: { $nin: [...without] } })
  const readers = [...readerTokens(reader), unsure]
  const room = constraints - values - without.length - 1
  const filters: VectorFilter[] = []
  for (let start = 0; start < readers.length; start += room) {
    filters.push({ $and: [{ readers: { $in: readers.slice(start, start + room) } }, ...conditions] })
  }
  return filters
}

function orNobody(tokens: string[]): string[] {
  return tokens.length === 0 ? ['-'] : tokens
}
