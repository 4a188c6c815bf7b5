/** What exact search finds. @module */
import { questionsOf, vectorOf } from './data.mjs'

const wanted = 10

/** The ten nearest chunks of each question, best first: all vectors are made and looked at. */
export async function exact({ size, count }) {
  const vectors = questionsOf(count, size).map(({ vector }) => vector)
  const best = vectors.map(() => [])
  for (let number = 0; number < size; number++) {
    const chunk = vectorOf(number)
    for (const [at, vector] of vectors.entries()) {
      let score = 0
      for (let index = 0; index < vector.length; index++) score += vector[index] * chunk[index]
      const found = best[at]
      if (found.length === wanted && score <= found[wanted - 1].score) continue
      let place = found.length
      while (place > 0 && found[place - 1].score < score) place--
      found.splice(place, 0, { number, score })
      if (found.length > wanted) found.pop()
    }
  }
  return best.map((found) => found.map(({ number }) => number))
}
