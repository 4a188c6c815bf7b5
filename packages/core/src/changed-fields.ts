import { canonicalJson, type JsonObject } from './json.ts'

/**
 * The names of the fields of settings that differ, for the audit trail, which isn't told what is in them (X64).
 * @param within objects that are set field by field, and so are told of by their own: `limits.concurrent`.
 */
export function changedFields(before: object, after: object, within: readonly string[] = []): readonly string[] {
  const [old, now] = [before as JsonObject, after as JsonObject]
  const names = new Set([...Object.keys(old), ...Object.keys(now)])
  return [...names].sort().flatMap((name) => {
    if (!within.includes(name)) return same(old[name], now[name]) ? [] : [name]
    return changedFields((old[name] ?? {}) as object, (now[name] ?? {}) as object).map((field) => `${name}.${field}`)
  })
}

function same(one: JsonObject[string] | undefined, other: JsonObject[string] | undefined): boolean {
  return canonicalJson([one ?? null]) === canonicalJson([other ?? null])
}
