/** What a sentence compares, or says of each of several things. @module */
import { hasName } from './names.ts'

const start = /^(?:compare|contrast|weigh|(?:an?|the)\s+comparison\s+(?:of|between))\s+/i
const forEach =
  /^for\s+(?:each|every|all)(?:\s+one)?\s+of\s+(.+?)(?:\s*:\s+|,?\s+(?=(?:please|give|state|list|tell|find|report|show|say|what|who|when|where|how)\b)|,\s+(?=the\s+\p{Ll}+(?:\s+\p{Ll}+)*\s+and\b))(.+)$/iu
const difference =
  /^(?:what\s+(?:is|are)\s+)?the\s+differences?\s+(?:in\s+(.+?)\s+between\s+(.+)|between\s+(.+?)\s+(?:in|on|regarding)\s+(.+)|between\s+(.+))$/i
const differ = /^how\s+do(?:es)?\s+(.+?)\s+(?:differ|compare)(?:\s+(?:in|on|by|regarding|with\s+regard\s+to)\s+(.+))?$/i
const whichOf = /^which\s+(?:one\s+)?of\s+(.+?)\s+((?:is|are|has|have|was|were|costs?|weighs?|lasts?|takes?|needs?|runs?)\b.*)$/i
const whichOr = /^which\s+(.+?)[,:]\s+(.+\s+or\s+.+)$/i
/** "exceeds that of B": of what the sentence began with. */
const exceeds = /^by\s+how\s+much\s+(?:do|does|did)\s+(the\s+.+?)\s+(?:exceed|surpass|differ\s+from)\s+(.+)$/i
const compares = /^how\s+do(?:es)?\s+(the\s+.+?)\s+compare\s+(?:with|to)\s+(.+)$/i
const thatOf = /(\s(?:with|to|and|or|than|from|against|exceeds?|versus|vs\.?)\s+)(?:that|those)\s+of\s+/gi
/** "the contracts of A and B: price, term". */
const points = /^(.+?):\s+(.+)$/
const about = /\s+(?:in\s+terms\s+of|regarding|with\s+regard\s+to|with\s+respect\s+to|by|on)\s+(.+)$/i

/** What adjectives of comparison ask for. */
const asks: readonly (readonly [RegExp, string])[] = [
  [
    /\b(?:cheap(?:er|est)|(?:more|most|less|least)\s+expensive|costs?\s+(?:more|most|less|least|the\s+(?:most|least)))\b/i,
    'price',
  ],
  [/\b(?:heav(?:ier|iest)|light(?:er|est)|weighs?)\b/i, 'weight'],
  [/\b(?:tall(?:er|est)|high(?:er|est)\s*$)/i, 'height'],
  [/\b(?:fast(?:er|est)|slow(?:er|est))\b/i, 'speed'],
  [/\b(?:old(?:er|est)|young(?:er|est)|new(?:er|est))\b/i, 'date'],
  [/\b(?:larg|bigg|small)(?:er|est)\b(?!\s+\p{L})/iu, 'size'],
]

/** A question for each of the things that a sentence compares; undefined where it compares nothing. */
export function comparedIn(sentence: string): readonly string[] | undefined {
  const plain = sentence.replace(/\?+$/, '').replaceAll(thatOf, '$1').trim()
  const each = forEach.exec(plain)
  if (each) return ofEach(listOf(each[1] ?? ''), ...withoutTime(aspectsIn(each[2] ?? '')))
  const [, aspect, between, between2, aspect2, between3] = difference.exec(plain) ?? []
  const things = between ?? between2 ?? between3
  if (things !== undefined) return several(things, aspect ?? aspect2)
  const [, one, other] = exceeds.exec(plain) ?? compares.exec(plain) ?? []
  if (one !== undefined && other !== undefined) return sides(`${one} with ${other}`)
  const apart = differ.exec(plain)
  if (apart) return several(apart[1] ?? '', apart[2])
  const of = whichOf.exec(plain)
  if (of && listOf(of[1] ?? '').length > 1) return ofEach(listOf(of[1] ?? ''), askedBy(of[2] ?? ''))
  const or = whichOr.exec(plain)
  if (or) return ofEach(listOf(or[2] ?? ''), askedBy(or[1] ?? ''))
  const [, some = '', aspects = ''] = start.test(plain) ? (points.exec(plain.replace(start, '')) ?? []) : []
  if (hasName(some) && !hasName(aspects)) {
    const named = listOf(some)
    if (named.length > 1) return ofEach(named, aspects)
  }
  if (start.test(plain)) return sides(plain.replace(start, ''))
  if (/\s(?:versus|vs\.?)\s/i.test(plain)) return sides(plain.replace(points, '$1 on $2'))
  return undefined
}

/** "the price of A and B in 2024": "the price of A in 2024", "the price of B in 2024". */
function sides(compared: string): readonly string[] {
  const said = about.exec(compared)
  const things = said ? compared.slice(0, said.index) : compared
  if (said) return ofEach(listOf(things), said[1] ?? '')
  const own = listOf(things)
  if (own.length > 1 && own.every((one) => /^the\s+\p{Ll}+(?:\s+\p{Ll}+){0,3}\s+of\s/u.test(one))) return own
  const [, aspects = '', between = '', rest = ''] = /^(.+?)\s+(of|between|for|in|from)\s+(.+)$/i.exec(things) ?? []
  // "Compare the Bank of X and the Bank of Y": a name isn't what is compared about others.
  if (aspects === '' || hasName(aspects)) return ofEach(listOf(things), '')
  const [what, when] = withoutTime(rest)
  const items = listOf(what)
  // "of 2024", or a single thing: that is when, or of what, not what is compared.
  if (items.length < 2) return listOf(aspects).length > 1 ? listOf(aspects).map((one) => `${one} ${between} ${rest}`) : [things]
  return ofEach(items, aspects, when, between.toLowerCase() === 'between' ? 'of' : between)
}

/** "revenue in 2024": "revenue", " in 2024". */
function withoutTime(text: string): readonly [string, string] {
  const [when = ''] = /\s+(?:in|for|during|of|since|as\s+of|at)\s+(?:the\s+)?(?:\p{Ll}+\s+){0,3}\d[\d–-]*$/u.exec(text) ?? []
  return [when === '' ? text : text.slice(0, -when.length), when]
}

/** Things that are listed by name; undefined where the text is no list of at least two. */
export function namedIn(text: string): readonly string[] | undefined {
  const items = listOf(text.replace(/\?+$/, '').trim())
  const named = /^(?:\p{Ll}+\s+){0,3}[\p{Lu}\p{N}\u{e000}]\S*(?:\s+[\p{Lu}\p{N}]\S*)*$/u
  return items.length > 1 && items.every((item) => named.test(item)) ? items : undefined
}

const verbs =
  /^((?:what|how\s+much))\s+do\s+(.+?)\s+(cost|weigh|charge|earn|measure)(?:\s+(?:together|combined|altogether|in\s+total))?\??$/i
const degrees = /^(how\s+\p{Ll}+)\s+(?:are|were)\s+(.+?)\??$/iu
const property =
  /^(?:what\s+(is|are|was|were)\s+)?(the\s+.+?)\s+(?:in\s+\p{Ll}+\s+)?(of|for|in)\s+(.+?)(?:\s+(?:together|combined|altogether|in\s+total|each))?\??$/iu

/** "What do A and B cost?": the same of each, where they are several by their names; undefined otherwise. */
export function eachIn(sentence: string): readonly string[] | undefined {
  const [, word = '', doing = '', verb = ''] = verbs.exec(sentence) ?? []
  const done = namedIn(doing)
  if (done) return done.map((item) => `${word} does ${item} ${verb}?`)
  const [, degree = '', being = ''] = degrees.exec(sentence) ?? []
  const been = namedIn(being)
  if (been) return been.map((item) => `${degree} is ${item}?`)
  const [, is = '', aspects = '', between = '', of = ''] = property.exec(sentence) ?? []
  const [things, when] = withoutTime(of)
  const items = hasName(aspects) ? undefined : namedIn(things)
  // "the head of Research and Development" is of one, "the heads of Leeds and York" are of two.
  const single = items?.length === 2 && !/\bthe\s|\d|,/.test(things) && !/^(?:are|were)$/i.test(is)
  return items && !single ? ofEach(items, aspects, when, between) : undefined
}

function several(things: string, aspects = ''): readonly string[] | undefined {
  const items = listOf(things)
  return items.length < 2 ? undefined : ofEach(items, aspects)
}

function ofEach(items: readonly string[], aspects: string, when = '', between = 'of'): readonly string[] {
  if (aspects === '') return items
  const named = /^(?:the|its?|their|his|her)\s/i.test(aspects)
    ? aspects.replace(/^(?:its?|their|his|her)\s/i, 'the ')
    : `the ${aspects}`
  return items.map((item) => `${named} ${between} ${item}${when}`)
}

/** "give the price and its warranty": "the price and its warranty". */
function aspectsIn(words: string): string {
  return words
    .replace(/^(?:(?:please\s+)?(?:give|state|list|find|report|tell\s+(?:me|us)|show|say)\s+)?/i, '')
    .replace(/^(?:what|who|when|where|how\s+(?:much|many|long|high|heavy))\s+(?:is|are|was|were)\s+/i, '')
}

/** "has the longest warranty": "warranty"; "is cheaper": "price". */
function askedBy(words: string): string {
  const [, thing] =
    /\b(?:the\s+)?(?:\p{L}{2,}(?:er|est)|most|least|more|fewer|fewest|less|better|best)\s+(\p{L}[\p{L}\s-]*)$/iu.exec(words) ?? []
  const known = asks.find(([pattern]) => pattern.test(words))?.[1]
  return known ?? thing?.trim() ?? words.replace(/^(?:is|are|has|have|was|were)\s+/i, '')
}

const conjunction = /,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+/i

/** The things of a list, without what sets it apart; words that the first one has before its name are the others', too. */
function listOf(text: string): readonly string[] {
  const apart = text.split(/\s+(?:versus|vs\.?|compared\s+(?:to|with)|against)\s+/i)
  if (apart.length > 1) return apart.flatMap((one) => one.split(/,\s*/)).filter(Boolean)
  const [, one = '', other = ''] = /^(.+?)\s+(?:with|to)\s+(.+)$/i.exec(text) ?? []
  // "Research and Development with Sales", but "the contracts with A and B".
  if (other !== '' && (hasName(one) || !conjunction.test(other))) return [one, ...other.split(/,\s*(?:and\s+)?/)]
  const parts = text
    .replace(/^both\s+/i, '')
    .split(conjunction)
    .map((part) => part.trim())
    .filter((part) => part !== '')
  // "the incidents X and Y", "the contracts with X and Y", "pump A and B".
  const [shared = ''] = /^(?:\p{Ll}\S*\s+)+(?=[\p{Lu}\p{N}\u{e000}])/u.exec(parts[0] ?? '') ?? []
  return parts.map((part, index) => {
    const own = part.replace(/^(?:of|between|for|in|from)\s+/i, '')
    return index > 0 && /^[\p{Lu}\p{N}\u{e000}]/u.test(own) ? shared + own : own
  })
}
