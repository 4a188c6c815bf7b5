/** The questions that a request holds, found by rules: for plans that no language model writes. @module */

const most = 8
const leastWords = 2

/** Words that begin a question of its own behind an "and". */
const questionWords = 'what|who|whom|whose|when|where|why|which|how|does|do|did|is|are|was|were|can|could|should|will'
const behindAnd = new RegExp(`[,;]?\\s+(?:and|und)\\s+(?=(?:${questionWords})\\b)`, 'i')
const listed = /(?:^|\s)(?:\(?\d{1,2}[.)]|[-*•])\s+/
/** "and report …", "then write a summary": what to do with what was found. */
const task =
  /(?:^|[,;.]\s*|\s+)(?:and\s+|then\s+|and then\s+)?(?:(?:please\s+)?(?:report|summari[sz]e|write|produce|create|give|draft|prepare|recommend|conclude|present)\b)[^?]*$/i
const comparing = /^(?:please\s+)?(?:compare|contrast|weigh)\s+(.+)$/i
const aspect = /\s+(?:in terms of|regarding|with regard to|with respect to|by|on|for)\s+(.+)$/i

/**
 * The distinct things that a request asks, at most eight, in its order: sentences with a question mark, points of a list, sides of a
 * comparison. One that holds nothing of that is one question.
 */
export function questionsOf(request: string): readonly string[] {
  const text = request.replaceAll(/\s+/g, ' ').trim()
  const questions = request
    .split(/\n+|(?<=\?)\s+/)
    .flatMap((line) => line.split(listed))
    .flatMap((line) => line.split(/(?<=[.;!])\s+/))
    .flatMap((sentence) => asked(sentence.replaceAll(/\s+/g, ' ').trim()))
    .filter((question) => question.split(' ').length >= leastWords)
  const distinct = new Map(questions.map((question) => [keyOf(question), question]))
  return distinct.size === 0 ? [text] : [...distinct.values()].slice(0, most)
}

function asked(sentence: string): readonly string[] {
  const plain = sentence.replace(/[.!;,]+$/, '')
  if (plain === '') return []
  const whole = plain.replace(task, '').trim()
  const compared = comparing.exec(whole)
  if (compared) return sides(compared[1] ?? '')
  // Only what is to be done with the answers.
  if (whole === '') return []
  return whole.split(behindAnd).map((part) => part.trim())
}

/** "the price of A and B by year": "the price of A by year", "the price of B by year". */
function sides(compared: string): readonly string[] {
  const about = aspect.exec(compared)
  const things = about ? compared.slice(0, about.index) : compared
  const named = things.split(/,\s*(?:and\s+)?|\s+(?:and|with|versus|vs\.?)\s+/i).filter((part) => part.trim() !== '')
  const parts = named.length > 1 ? named : things.split(/\s+to\s+/i)
  const shared = /^(.*\b(?:of|between|from|in|to|for)\s+)/i.exec(parts[0] ?? '')?.[1] ?? ''
  return parts.map(
    (part, index) =>
      `${index > 0 && !part.includes(shared.trim()) ? shared : ''}${part.trim()}${about ? ` ${about[0].trim()}` : ''}`,
  )
}

function keyOf(question: string): string {
  return question
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} ]/gu, '')
    .trim()
}
