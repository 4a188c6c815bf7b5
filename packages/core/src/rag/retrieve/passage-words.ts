import { scanWords, termOf } from '../../search/analysis.ts'
import { stopWords } from '../../search/stop-words.ts'
import { type QuestionWords, startOf, visitGrams } from './question-words.ts'

/** What is ranked: a chunk's own text, and the title and headings that it stands under. */
export interface PassageText {
  readonly text: string
  readonly context: string
}

/** Where a question's term stands in a passage. */
export interface Match {
  readonly term: number
  /** Counted in terms, stop words left out. */
  readonly position: number
}

/** A passage as a question sees it. Numbers of terms and grams are the question's. */
export interface PassageWords {
  readonly matches: readonly Match[]
  /** Terms that stand in the context. */
  readonly context: ReadonlySet<number>
  /** How often a gram is there; those of the context count twice. */
  readonly grams: ReadonlyMap<number, number>
  /** Of all its words, the question's or not. */
  readonly gramCount: number
}

/** Reads passages for one question. Words are looked up once, however often they stand there. */
export function readPassages(question: QuestionWords, passages: readonly PassageText[]): PassageWords[] {
  const known = new Map<string, KnownWord>()
  const look = (word: string): KnownWord => {
    let found = known.get(word)
    if (found === undefined) {
      found = lookUp(question, word)
      known.set(word, found)
    }
    return found
  }
  return passages.map((passage) => readPassage(passage, look))
}

interface KnownWord {
  readonly stops: boolean
  readonly term: number | undefined
  readonly grams: readonly number[]
  readonly gramCount: number
}

const none: readonly number[] = []
const stopWord: KnownWord = { stops: true, term: undefined, grams: none, gramCount: 0 }

function lookUp(question: QuestionWords, word: string): KnownWord {
  if (stopWords.has(word)) return stopWord
  let grams: number[] | undefined
  const gramCount = visitGrams(word, (gram) => {
    const number = question.grams.get(gram)
    if (number === undefined) return
    grams ??= []
    grams.push(number)
  })
  // Stems cost more than all else here, and few words can be one of the question's.
  const term = question.starts.has(startOf(word)) ? question.terms.get(termOf(word)) : undefined
  return { stops: false, term, grams: grams ?? none, gramCount }
}

function readPassage({ text, context }: PassageText, look: (word: string) => KnownWord): PassageWords {
  const matches: Match[] = []
  const grams = new Map<number, number>()
  const inContext = new Set<number>()
  let gramCount = 0
  const count = (known: KnownWord, times: number): void => {
    gramCount += times * known.gramCount
    for (const gram of known.grams) grams.set(gram, (grams.get(gram) ?? 0) + times)
  }
  scanWords(context, (word) => {
    const known = look(word)
    count(known, 2)
    if (known.term !== undefined) inContext.add(known.term)
  })
  let position = 0
  scanWords(text, (word) => {
    const known = look(word)
    if (known.stops) return
    count(known, 1)
    if (known.term !== undefined) matches.push({ term: known.term, position })
    position++
  })
  return { matches, context: inContext, grams, gramCount }
}
