/** What people write themselves: minisearch for words, without stop words, and every vector looked at in one Float32Array. @module */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import MiniSearch from 'minisearch'
import { dimensions, stopWords } from '../../load/data.mjs'
import { fuse } from '../../load/fuse.mjs'

const left = new Set(stopWords)
const processTerm = (term) => {
  const word = term.toLowerCase()
  return left.has(word) ? null : word
}
const settings = { fields: ['text'], storeFields: [], processTerm }

export async function open({ directory }) {
  const [indexFile, vectorFile] = ['index.json', 'vectors.bin'].map((name) => join(directory, name))
  let index = new MiniSearch(settings)
  let vectors = new Float32Array(dimensions * 1024)
  let rows = 0

  const words = (question, limit) =>
    index
      .search(question.text)
      .slice(0, limit)
      .map(({ id, score }) => [id, score])
  const nearest = (question, limit) => {
    const best = []
    let threshold = Number.NEGATIVE_INFINITY
    for (let row = 0; row < rows; row++) {
      const score = product(vectors, row * dimensions, question.vector)
      if (score <= threshold) continue
      insert(best, [row, score], limit)
      if (best.length === limit) threshold = best[limit - 1][1]
    }
    return best
  }

  return {
    parallel: 1,
    addTexts: (group) => {
      index.addAll(group.flatMap(({ first, chunks }) => chunks.map(({ text }, ordinal) => ({ id: first + ordinal, text }))))
    },
    addVectors: (group) => {
      for (const { first, vectors: own } of group) {
        for (const [ordinal, vector] of own.entries()) {
          const start = (first + ordinal) * dimensions
          if (start + dimensions > vectors.length) vectors = larger(vectors)
          vectors.set(vector, start)
          rows++
        }
      }
    },
    save: () => {
      writeFileSync(indexFile, JSON.stringify(index))
      writeFileSync(vectorFile, vectors.subarray(0, rows * dimensions))
    },
    load: () => {
      index = MiniSearch.loadJSON(readFileSync(indexFile, 'utf8'), settings)
      const { buffer, byteOffset, byteLength } = readFileSync(vectorFile)
      vectors = new Float32Array(buffer, byteOffset, byteLength / 4)
      rows = vectors.length / dimensions
    },
    searches: {
      hybrid: (question, limit) => fuse(words(question, limit), nearest(question, limit)),
      vector: (question, limit) => nearest(question, limit).map(([number]) => number),
      words: (question, limit) => words(question, limit).map(([number]) => number),
    },
    close: () => {},
  }
}

// Four sums at a time, so that one addition needn't wait for the other.
function product(vectors, start, vector) {
  let [a, b, c, d] = [0, 0, 0, 0]
  for (let at = 0; at < dimensions; at += 4) {
    a += vectors[start + at] * vector[at]
    b += vectors[start + at + 1] * vector[at + 1]
    c += vectors[start + at + 2] * vector[at + 2]
    d += vectors[start + at + 3] * vector[at + 3]
  }
  return a + b + c + d
}

function insert(best, found, limit) {
  let place = best.length
  while (place > 0 && best[place - 1][1] < found[1]) place--
  best.splice(place, 0, found)
  if (best.length > limit) best.pop()
}

function larger(numbers) {
  const twice = new Float32Array(numbers.length * 2)
  twice.set(numbers)
  return twice
}
