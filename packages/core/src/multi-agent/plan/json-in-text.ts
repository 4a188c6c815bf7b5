/** What a model wrote where JSON was asked for. */
type FoundJson = { readonly value: unknown } | { readonly fault: JsonFault }
export type JsonFault = 'no_json' | 'cut_off' | 'malformed'

const fence = /```(?:json|JSON)?\s*\n?([\s\S]*?)```/g

/**
 * The JSON object in a model's answer: bare, in a fence, or with words around it (X38). It is whole or not there at all: what was cut off
 * is told as that, and nothing is made of its beginning.
 */
export function jsonInText(text: string): FoundJson {
  const fenced = [...text.matchAll(fence)].map(([, inside]) => inside ?? '')
  let fault: JsonFault = 'no_json'
  for (const candidate of [text, ...fenced]) {
    const found = objectIn(candidate)
    if ('value' in found) return found
    if (found.fault !== 'no_json') fault = found.fault
  }
  return { fault }
}

/** The first object that stands on its own; those of a list are parts of it. */
function objectIn(text: string): FoundJson {
  if (/^[^{[]*\[\s*\{/.test(text)) return { fault: isWhole(text.slice(text.indexOf('['))) ? 'malformed' : 'cut_off' }
  let malformed = false
  for (let start = text.indexOf('{'); start >= 0; start = text.indexOf('{', start + 1)) {
    const end = endOf(text, start, '{', '}')
    // What is behind an object that never ends is inside of it.
    if (end === undefined) return { fault: malformed ? 'malformed' : 'cut_off' }
    try {
      return { value: JSON.parse(text.slice(start, end)) }
    } catch {
      malformed = true
      start = end - 1
    }
  }
  return { fault: malformed ? 'malformed' : 'no_json' }
}

/** Whether the list at a text's beginning is closed, in whatever follows it. */
function isWhole(text: string): boolean {
  return endOf(text, 0, '[', ']') !== undefined
}

/** Behind the bracket that closes the one at `start`; undefined: it isn't closed. */
function endOf(text: string, start: number, open: string, close: string): number | undefined {
  let depth = 0
  let inString = false
  for (let place = start; place < text.length; place++) {
    const character = text[place]
    if (inString) {
      if (character === '\\') place++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === open) depth++
    else if (character === close && --depth === 0) return place + 1
  }
  return undefined
}
