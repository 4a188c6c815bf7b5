import { endOf, type KeyBlock, readKeyBlock } from './key-block.ts'

/** A value that is longer than what was looked at. A token goes on until a character that no token has. */
export type LongValue = KeyBlock | { readonly type: 'token' }

export function longValue(type: LongValue['type']): LongValue {
  return type === 'token' ? { type } : { type, line: 0, after: 'header' }
}

/** Reads on in a value whose beginning was found. Gives up to where `text` certainly belongs to it, and whether it ended there. */
export function readOn(
  value: LongValue,
  text: string,
  from: number,
  ended: boolean,
): { readonly upTo: number; readonly done: boolean } {
  if (value.type === 'key block') return readKeyBlock(value, text, from, ended)
  const upTo = endOf(tokenCharacters, text, from)
  return { upTo, done: ended || upTo < text.length }
}

const tokenCharacters = /[\w\-.~+/=%]*/y
