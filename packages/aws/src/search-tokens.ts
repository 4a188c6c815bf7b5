import { createHash } from 'node:crypto'
import type { AccessList, Attributes, SearchFilter, SearchQuery } from '@plinth/core'

/**
 * Attributes, filters and readers as tokens: hashes of fixed length. Two values have the same token exactly when they are equal and of
 * the same type, so an engine that knows equality of words only filters by them; and what somebody named a field or a user is never part
 * of a query, nor readable where the engine keeps it.
 * @module
 */

type Value = string | number | boolean

/** 96 bits in base64url: whoever could find a second name of the same token would have to try 2^96. */
const tokenLength = 16

/** What stands for a document that everyone in the tenant may find. */
const everyone: string = tokenOf(['everyone'])

/** What stands for tokens that an engine has no room for. */
export const unsure: string = tokenOf(['unsure'])

/** One for each value of each attribute. */
export function attributeTokens(attributes: Attributes): string[] {
  const tokens = Object.entries(attributes).flatMap(([name, value]) => valuesOf(value).map((one) => valueToken(name, one)))
  return [...new Set(tokens)]
}

/** One list a field: a document must have a token of each. */
export function filterTokens(filter: SearchFilter = {}): string[][] {
  return Object.entries(filter).map(([name, value]) => [...new Set(valuesOf(value).map((one) => valueToken(name, one)))])
}

/** One for each that may find a document. */
export function accessTokens(access: AccessList | undefined): string[] {
  if (!access) return [everyone]
  return [...new Set([...access.users.map(userToken), ...access.groups.map(groupToken)])]
}

/** What lets a reader find a document: any of these. */
export function readerTokens({ user, groups }: SearchQuery['reader']): string[] {
  return [everyone, userToken(user), ...[...groups].sort().map(groupToken)]
}

/** Whether a document passes, decided by its own fields. */
export function passes(
  document: { readonly attributes: Attributes; readonly access?: AccessList | undefined },
  query: Pick<SearchQuery, 'filter' | 'reader'>,
): boolean {
  const reader = new Set(readerTokens(query.reader))
  if (!accessTokens(document.access).some((token) => reader.has(token))) return false
  const attributes = new Set(attributeTokens(document.attributes))
  return filterTokens(query.filter).every((field) => field.some((token) => attributes.has(token)))
}

/** A name for what belongs to a tenant, of lower-case hexadecimal digits, that doesn't tell which. */
export function hiddenName(...parts: readonly string[]): string {
  return digest(['name', ...parts])
    .toString('hex')
    .slice(0, 40)
}

function userToken(user: string): string {
  return tokenOf(['user', user])
}

function groupToken(group: string): string {
  return tokenOf(['group', group])
}

function valueToken(name: string, value: Value): string {
  return tokenOf(['attribute', name, value])
}

function tokenOf(parts: readonly Value[]): string {
  return digest(parts).toString('base64url').slice(0, tokenLength)
}

/** JSON, so that no part can be taken for a piece of its neighbour, nor a number for a text. */
function digest(parts: readonly Value[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest()
}

function valuesOf(value: Value | readonly Value[]): readonly Value[] {
  return typeof value === 'object' ? value : [value]
}
