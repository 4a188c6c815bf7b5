/** 32-bit hashes that need not withstand anybody. @module */

/** Where {@link hashText} starts, unless features of another kind are to be told apart. */
export const hashStart = 0x811c9dc5

/** One step of FNV-1a (Fowler, Noll, Vo; RFC 9923), over a UTF-16 code unit. */
export function hashUnit(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193)
}

/** FNV-1a over UTF-16 code units. */
export function hashText(start: number, text: string): number {
  let hash = start
  for (let at = 0; at < text.length; at++) hash = hashUnit(hash, text.charCodeAt(at))
  return hash >>> 0
}

/** The last step of MurmurHash3: afterwards all bits hang on all. A signed integer. */
export function mixBits(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
