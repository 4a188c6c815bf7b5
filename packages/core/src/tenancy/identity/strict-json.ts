import type { JsonValue } from '../../json.ts'

/**
 * The value of a JSON text; undefined for what is no JSON, and for an object with a key twice, at any depth. JSON.parse alone
 * takes the last of two, where another reader takes the first: what was checked and what is used would not be the same.
 */
export function parseStrictJson(text: string): JsonValue | undefined {
  try {
    const value = JSON.parse(text) as JsonValue
    return repeatsKey(text) ? undefined : value
  } catch {
    return undefined
  }
}

/** A string, with the colon behind it when it is a key; or a brace. All else between them needs no look in a good JSON text. */
const sign = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}]/g

/** @param text good JSON. */
function repeatsKey(text: string): boolean {
  const open: Set<string>[] = []
  for (const [token, string, colon] of text.matchAll(sign)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (string !== undefined && colon !== undefined) {
      // Two spellings of one key are one key: "a" and "\u0061".
      const key = JSON.parse(string) as string
      const keys = open.at(-1)
      if (keys?.has(key)) return true
      keys?.add(key)
    }
  }
  return false
}
