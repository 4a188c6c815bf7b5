/** JSON as a type, and the one canonical form that hashes are made of. @module */

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/** Whether it is an object of JSON: not null, and not a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The same text for equal values, whatever the order of their keys. Fields that are undefined are left out. */
export function canonicalJson(value: JsonValue | undefined): string {
  // What has its names in order already, as our own rows do, costs a fifth.
  return value !== undefined && isOrdered(value) ? JSON.stringify(value) : sortedJson(value)
}

function isOrdered(value: JsonValue | undefined): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isOrdered)
  let last = ''
  for (const [name, inner] of Object.entries(value)) {
    if (name < last || !isOrdered(inner)) return false
    last = name
  }
  return true
}

function sortedJson(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const object = value as JsonObject
  const fields = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${sortedJson(object[key])}`)
  return `{${fields.join(',')}}`
}

const encoder = new TextEncoder()

/** The size of a value as JSON, in bytes of UTF-8. */
export function jsonBytes(value: JsonValue): number {
  return encoder.encode(JSON.stringify(value)).byteLength
}

/** How deep arrays and objects are nested; stops counting at `most`, and doesn't use the call stack, whatever their size. */
export function depthOf(value: unknown, most: number): number {
  let level = [value].filter(isContainer)
  let depth = 0
  for (; level.length > 0 && depth < most; depth++) {
    const next: object[] = []
    for (const container of level) for (const item of Object.values(container)) if (isContainer(item)) next.push(item)
    level = next
  }
  return depth
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
