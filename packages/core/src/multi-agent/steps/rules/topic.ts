/** What a step's prompt asks, and of what: read by rules. @module */
import { scanWords, termOf } from '../../../search/analysis.ts'
import { oneLine } from '../../plan/one-line.ts'
import { type Aspect, aspectOf } from './aspects.ts'
import { isYear } from './figures.ts'
import { hasAll, hasSome } from './term-sets.ts'

export interface Topic {
  /** As it was asked. */
  readonly question: string
  /** Of what is asked, without its article; empty where rules can't tell. */
  readonly subject: string
  /** Terms of names, codes, years and quotations, all of which what is said must be about. */
  readonly names: ReadonlySet<string>
  /** Names as they are written, in order. */
  readonly written: readonly string[]
  /** Where it asks of several years: what is said may be of one of them, and `names` holds none. */
  readonly years: ReadonlySet<string>
  /** The subject's other terms, most of which it should be about. */
  readonly others: ReadonlySet<string>
  /** What is asked of it; empty: whatever there is. */
  readonly aspects: readonly Aspect[]
  /** It asks of all there are, such as "all contracts". */
  readonly isOfAll: boolean
  /** Of each of these sets most terms must be met: they set the subject apart from others of its kind. */
  readonly apart: readonly ReadonlySet<string>[]
}

const asked = String.raw`(?:(?:what|which|when|how\s+(?:long|high|large|big|much|many))\s+(?:is|are|was|were)\s+)?`
const counted = String.raw`(?:(?:total|average|mean|overall)\s+)?(?:number|amount|name|date|share|level|kind|type|rate)s?\s+of\s+\p{L}+`
/** "How did the revenue of X change between …": what is asked is the revenue. */
const change =
  /^how\s+(?:did|does|do|has|have)\s+(.+?)\s+(?:change|develop|evolve|grow|rise|fall|increase|decrease)(?:d|s|ed|n)?\b(.*)$/i
const thingOf = new RegExp(String.raw`^${asked}(the\s+(?:${counted}|.+?))\s+(?:of|in|for|between|from|at)\s+(.+)$`, 'iu')
const verbs: readonly (readonly [RegExp, string])[] = [
  [/^(?:what|how\s+much)\s+(?:do|does|did|will|would)\s+(.+?)\s+(cost|weigh|charge|earn|measure)\b.*$/i, ''],
  [/^what\s+(.+?)\s+(costs?|weighs?|charges?|measures?)$/i, ''],
  [/^how\s+(?:expensive|cheap)\s+(?:is|are|was|were)\s+(.+)$/i, 'price'],
  [/^how\s+heavy\s+(?:is|are|was|were)\s+(.+)$/i, 'weight'],
  [/^how\s+tall\s+(?:is|are|was|were)\s+(.+)$/i, 'height'],
  [/^how\s+wide\s+(?:is|are|was|were)\s+(.+)$/i, 'width'],
  [/^how\s+deep\s+(?:is|are|was|were)\s+(.+)$/i, 'depth'],
  [/^how\s+old\s+(?:is|are|was|were)\s+(.+)$/i, 'age'],
  [/^why\s+(?:is|are|was|were|did|do|does|has|have)\s+(.+)$/i, 'cause'],
]
const howMany =
  /^how\s+(?:many|much)\s+(.+?)\s+(?:do|does|did|has|have|had)\s+(.+?)\s+\p{Ll}+\s+(?:in\s+total|altogether|overall|combined)\b/iu
const toCompute =
  /^(?:(?:(?:sum|add)\s+up|calculate|compute|work\s+out)\s+the|(?:what\s+is\s+)?the\s+(?:total|sum|average|mean)\s+of(?:\s+the)?)\s+/i
const everyOne = /^(?:all|every|each)\s+(?:of\s+)?(?:the\s+)?(?=\p{L})/iu
const questionWord =
  /^(?:what|who|whom|whose|when|where|why|which|how|do|does|did|is|are|was|were|can|could|should|will|has|have)\b/i

/** Reads a question such as those that `questionsOf` finds; any other text is a question about what it names. */
export function topicOf(prompt: string): Topic {
  const question = oneLine(prompt)
  const plain = question.replace(/[?.!]+$/, '').replace(toCompute, 'the ')
  for (const [pattern, aspect] of verbs) {
    const [, subject, verb = ''] = pattern.exec(plain) ?? []
    if (subject !== undefined) return about(question, subject, [aspect || verb])
  }
  const [, counts, whose] = howMany.exec(plain) ?? []
  if (counts !== undefined && whose !== undefined) return about(question, whose, [counts])
  if (everyOne.test(plain)) {
    const [all = '', its] = plain.split(/\s+(?:with|and)\s+(?:their|its)\s+/i)
    return about(question, all, its === undefined ? [] : listed(its))
  }
  const [, aspects = '', subject = ''] =
    thingOf.exec(plain.replace(change, '$1$2').replace(/\s+(?:in|per)\s+\p{Ll}+(?=\s+of\s)/u, '')) ?? []
  if (aspects !== '' && !/\p{Lu}/u.test(aspects.slice(1)) && aspects.split(' ').length <= 14)
    return about(question, subject, listed(aspects))
  if (questionWord.test(plain)) {
    const named = namesIn(plain.replace(/^\S+/, ''))
    const left = [...termsIn(plain)].filter((term) => !named.names.has(term) && !named.years.has(term))
    return {
      question,
      subject: '',
      isOfAll: false,
      apart: [],
      ...named,
      others: new Set(),
      aspects: left.length > 0 ? [aspectOf(left.join(' '), false)] : [],
    }
  }
  return about(question, plain, [])
}

/** A topic beside others that are asked about: what its subject has that one of the same kind hasn't must be met. */
export function besides(topic: Topic, others: readonly Topic[]): Topic {
  const apart = others
    .filter((other) => isOfSameKind(topic, other))
    .map((other) => new Set([...topic.others].filter((term) => !other.others.has(term) && !other.names.has(term))))
    .filter(({ size }) => size > 0)
  return apart.length === 0 ? topic : { ...topic, apart: [...topic.apart, ...apart] }
}

/** Things that are compared: the same is asked of both, or they share a word; those with a name must share it. */
function isOfSameKind(topic: Topic, other: Topic): boolean {
  if (topic.subject === '' || other.subject === '' || !hasAll(other.names, topic.names)) return false
  const asked = ({ aspects }: Topic): string => aspects.map(({ text }) => text.toLowerCase()).join()
  return topic.names.size > 0 || asked(topic) === asked(other) || hasSome(topic.others, other.others)
}

function listed(aspects: string): readonly string[] {
  return aspects.split(/,\s*(?:and\s+)?|\s+and\s+/i)
}

/** "the plant in the west": another plant is another thing. */
const place = /\s(?:in|at|on|from|near|behind|under|above)\s+the\s+(\S+)$/i

function about(question: string, subject: string, aspects: readonly string[]): Topic {
  const named = namesIn(subject)
  const [, qualifier] = place.exec(subject) ?? []
  return {
    question,
    subject: subject.replace(/^(?:the|an?)\s+/i, ''),
    isOfAll: everyOne.test(subject),
    apart: named.names.size === 0 && qualifier !== undefined ? [termsIn(qualifier)] : [],
    ...named,
    others: new Set([...termsIn(subject)].filter((term) => !named.names.has(term) && !named.years.has(term))),
    aspects: aspects.filter((aspect) => aspect.trim() !== '').map((aspect) => aspectOf(aspect.trim())),
  }
}

const name =
  /"[^"]+"|“[^”]+”|«[^»]+»|`[^`]+`|(?<![\p{L}\p{N}])(?:\p{Lu}[\p{L}\p{M}\p{N}&'’./_-]*|[\p{L}._/-]*\d[\p{L}\p{N}._/:-]*)/gu

function namesIn(text: string): Pick<Topic, 'names' | 'written' | 'years'> {
  const all = namesOf(text)
  const some = [...all].filter((term) => isYear(term))
  const years = new Set(some.length > 1 ? some : [])
  const written = [...text.matchAll(new RegExp(`${name.source}(?:\\s+${name.source})*`, 'gu'))].map(([found]) => found)
  return { names: new Set([...all].filter((term) => !years.has(term))), years, written }
}

/** The terms of what is written as a name. */
export function namesOf(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(name)].flatMap(([found]) => [...termsIn(found)]))
}

// At a text's start an "A" is an article, unless a verb or a colon follows.
const letter =
  /(?<=[\p{L}\p{N},;("“]\s*)(?<![\p{L}\p{N}])\p{Lu}(?![\p{L}\p{N}.'’&])|^\p{Lu}(?=:|\s+(?:is|was|has|had|\p{Ll}+s)\b|$)/gu

/** The terms of a text; those of single capital letters, as "pump A" has one, begin with "=". */
export function termsIn(text: string): ReadonlySet<string> {
  const terms = new Set<string>()
  scanWords(text, (word) => terms.add(termOf(word)))
  for (const [found] of text.matchAll(letter)) terms.add(`=${found}`)
  terms.delete('')
  return terms
}
