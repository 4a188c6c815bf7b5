// A plain BM25 over whole documents in memory, title twice: what the search index does, for calibration without a platform.
import { termsOf } from '../../packages/core/src/search/analysis.ts'

const saturation = 1.2
const lengthPenalty = 0.75

/** @param documents {id, title, text} each. */
export function bm25Over(documents) {
  const places = new Map()
  const lengths = documents.map(({ title, text }, at) => {
    const terms = [...termsOf(title), ...termsOf(title), ...termsOf(text)]
    const counts = new Map()
    for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1)
    for (const [term, count] of counts) {
      const known = places.get(term)
      if (known === undefined) places.set(term, [{ at, count }])
      else known.push({ at, count })
    }
    return terms.length
  })
  const average = lengths.reduce((sum, length) => sum + length, 0) / documents.length
  return (question, limit) => {
    const scores = new Map()
    let lexicalBound = 0
    for (const term of termsOf(question)) {
      const found = places.get(term) ?? []
      const information = Math.log(1 + (documents.length - found.length + 0.5) / (found.length + 0.5)) * (saturation + 1)
      lexicalBound += information
      for (const { at, count } of found) {
        const length = 1 - lengthPenalty + (lengthPenalty * lengths[at]) / average
        scores.set(at, (scores.get(at) ?? 0) + (information * count) / (count + saturation * length))
      }
    }
    const best = [...scores].sort(([one, left], [two, right]) => right - left || one - two).slice(0, limit)
    return { lexicalBound, found: best.map(([at, score]) => ({ document: documents[at], score })) }
  }
}
