/** Questions that follow others, read by rules. @module */
import { topicOf } from './topic.ts'

const opening = /^(?:(?:and|but|so|then)\b,?\s*)?(?:(?:what|how)\s+about\s+)?/i
const possessive = /\b(?:its|their|his|her)\s+([^?!.,;]+)/i
/** Before a pronoun: the question itself says what it stands for. */
const noun = /\b(?:an?|the|each|every|any)\s/i
const pronoun = /\b(?:it|they|them)\b/i

/**
 * A question in which a pronoun stands for what an earlier one was about, with its name: "And what about its warranty?" behind "What does the
 * Aster 200 cost?" is "the warranty of Aster 200?". Any other stays as it is.
 * @param earlier oldest first.
 */
export function standingAlone(question: string, earlier: readonly string[]): string {
  const asked = question.trim().replace(opening, '')
  if (earlier.length === 0 || namedIn(asked) !== '') return question
  const name = earlier.map(namedIn).findLast((names) => names !== '')
  if (name === undefined) return question
  const at = asked.search(possessive) < 0 ? asked.search(pronoun) : asked.search(possessive)
  if (at < 0 || noun.test(asked.slice(0, at))) return question
  if (possessive.test(asked)) return asked.replace(possessive, (_, what: string) => `the ${what} of ${name}`)
  return asked.replace(pronoun, () => name)
}

/** Names but for the word that a text begins with. */
function namedIn(text: string): string {
  return topicOf(text)
    .written.filter((name) => !text.trim().startsWith(name))
    .join(' ')
}
