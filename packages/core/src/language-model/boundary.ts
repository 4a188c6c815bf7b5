import { sha256 } from '../crypto.ts'

/**
 * A boundary for texts of others in a prompt: 16 hexadecimal digits that none of the texts contains. They come from a hash of all of them: whoever writes a document would have to
 * know the question and its neighbours, and to find a text that contains its own hash.
 */
export function boundaryFor(texts: readonly string[]): string {
  const all = JSON.stringify(texts)
  const lower = all.toLowerCase()
  for (let round = 0; ; round++) {
    const boundary = sha256(`${round} ${all}`).slice(0, 16)
    if (!lower.includes(boundary)) return boundary
  }
}
