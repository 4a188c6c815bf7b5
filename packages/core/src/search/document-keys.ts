import type { AccessList, Attributes } from '../ports/search-index.ts'

/** What a filter looks for. */
export function attributeKey(field: string, value: string | number | boolean): string {
  return `a${JSON.stringify([field, value])}`
}

export function userKey(user: string): string {
  return `u${user}`
}

export function groupKey(group: string): string {
  return `g${group}`
}

/** All keys of a document. */
export function documentKeys(attributes: Attributes, access: AccessList | undefined): Set<string> {
  const keys = new Set<string>()
  for (const [field, value] of Object.entries(attributes)) for (const each of valuesOf(value)) keys.add(attributeKey(field, each))
  for (const user of access?.users ?? []) keys.add(userKey(user))
  for (const group of access?.groups ?? []) keys.add(groupKey(group))
  return keys
}

/** The values of an attribute, or those that a filter asks for. */
export function valuesOf(value: Attributes[string]): readonly Scalar[] {
  return isList(value) ? value : [value]
}

type Scalar = string | number | boolean
function isList(value: Scalar | readonly Scalar[]): value is readonly Scalar[] {
  return Array.isArray(value)
}
