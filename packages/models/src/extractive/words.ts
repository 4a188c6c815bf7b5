/** From text to comparable words. @module */

const stopWords = new Set(
  `a about above after again all also am an and any are as at be because been before being below between both but by can could
  d did do does doing don during each either few for from further had has have having he her here hers him his how i if in into
  is it its itself just ll m may me might more most must my no nor not now of off on once only or other our ours out over own per
  please re s same shall she should so some such t than that the their theirs them then there these they this those through to too
  under until up upon us ve very was we were what when where which while who whom whose why will with within without would you your
  yours`.split(/\s+/),
)

const token = /[\p{L}\p{M}\p{N}]+/gu
const unspaced = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/
const longestWord = 48

/**
 * The words of a text that carry its content, stemmed and in lower case, in order, repeated as they are; those on the list of English
 * function words are left out. Scripts that put no space between words yield pairs of signs.
 */
export function contentWords(text: string): readonly string[] {
  const words: string[] = []
  for (const [word] of text.matchAll(token)) {
    if (unspaced.test(word)) addPairs(word, words)
    else {
      const lower = word.slice(0, longestWord).toLowerCase()
      if (!stopWords.has(lower)) words.push(stem(lower))
    }
  }
  return words
}

/** Whether a word, in lower case, is one of the English function words that say nothing of the content. */
export function isStopWord(word: string): boolean {
  return stopWords.has(word)
}

/** Whether the text holds scripts that put no space between words. */
export function isUnspaced(text: string): boolean {
  return unspaced.test(text)
}

/** The same of a property's name: `recommendedActions` and `recommended_actions` both have the words recommended and actions. */
export function nameWords(name: string): readonly string[] {
  return contentWords(name.slice(0, 200).replace(/([a-z0-9])([A-Z])/g, '$1 $2'))
}

function addPairs(word: string, words: string[]): void {
  const signs = [...word.slice(0, 2000)]
  if (signs.length === 1) words.push(word)
  for (let at = 1; at < signs.length; at++) words.push(`${signs[at - 1]}${signs[at]}`)
}

/**
 * Takes off English inflections, so that "failed", "fails" and "failing" are one word: plural, past, -ing, -ly and a last e, the
 * first steps of Porter's algorithm (M. F. Porter, "An algorithm for suffix stripping", 1980) without the later, coarser ones.
 */
export function stem(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word
  return dropEnd(dropPlural(word))
}

function dropPlural(word: string): string {
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`
  if (/(?:s|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2)
  return /[^su]s$/.test(word) && !word.endsWith('is') ? word.slice(0, -1) : word
}

function dropEnd(word: string): string {
  const base = /^(.*[aeiouy].*?)(?:ing|ed|ly)$/.exec(word)?.[1]
  const root = base === undefined || base.length < 3 ? word : base.replace(/([bdfgmnprt])\1$/, '$1')
  if (root.length < 4) return root
  return root.endsWith('i') || root.endsWith('y') ? `${root.slice(0, -1)}i` : root.replace(/e$/, '')
}
