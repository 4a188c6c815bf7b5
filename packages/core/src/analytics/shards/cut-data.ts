import { type JsonObject, jsonBytes } from '../../json.ts'

/** Of a record's data that a finding shows, bytes of JSON. */
const shownBytes: number = 8 * 1024

/** A record's data, without the fields that would make it larger: the first ones stay. */
export function cutData(data: JsonObject, most: number = shownBytes): JsonObject {
  // Nearly all is far below; only else the exact size is worth its price.
  if (isSmall(data, most)) return data
  if (jsonBytes(data) <= most) return data
  const kept: [string, JsonObject[string]][] = []
  let bytes = 2
  for (const [name, value] of Object.entries(data)) {
    const more = jsonBytes({ [name]: value })
    if (bytes + more > most) continue
    bytes += more
    kept.push([name, value])
  }
  return Object.fromEntries(kept)
}

/** Whether it can be seen at a glance: a character takes six bytes at most. */
function isSmall(data: JsonObject, most: number): boolean {
  let bytes = 2
  for (const name in data) {
    const value = data[name]
    if (typeof value === 'object' && value !== null) return false
    bytes += name.length * 6 + 4 + (typeof value === 'string' ? value.length * 6 + 2 : 25)
  }
  return bytes <= most
}
