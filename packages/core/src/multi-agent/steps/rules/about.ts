/** How sure it is that a statement is about a thing: by its own names, by what stands before it, or above it. @module */
import type { Statement } from './statements.ts'
import { hasAll, hasSome } from './term-sets.ts'
import { namesOf, type Topic, termsIn } from './topic.ts'

/** Of the terms of something without a name. */
const leastCovered = 0.6

interface Sought {
  readonly topic: Topic
  readonly rivals: readonly ReadonlySet<string>[]
  readonly source: ReadonlySet<string>
}

/** How sure it is that a statement is about the topic's subject: what it names, or what stands nearest before or above it. */
export function aboutness(statement: Statement, sought: Sought): number {
  const { topic } = sought
  if (topic.years.size > 0 && !hasSome(statement.terms, topic.years)) return 0
  const said = saidOf(statement, sought)
  if (!isApart(topic, said)) return 0
  const others = share(topic.others, said)
  if (topic.names.size === 0) {
    if (topic.others.size === 0) return 1
    return others >= leastCovered && !isNearerTo(statement, sought) ? 0.7 + 0.3 * others : 0
  }
  return namedBy(statement, sought) * (0.9 + 0.1 * others)
}

/** Whether a statement, or what stands before or above it, has the words that set the topic's subject apart from others of its kind. */
export function isSetApart(statement: Statement, sought: Sought): boolean {
  return isApart(sought.topic, saidOf(statement, sought)) && !isNearerTo(statement, sought)
}

function isApart({ apart }: Topic, said: ReadonlySet<string>): boolean {
  // "the northern plant" is the one in the north.
  const known = new Set([...said].flatMap((term) => [term, term.replace(/ern$/, '')]))
  return apart.every((terms) => share(terms, known) >= leastCovered)
}

/** The terms of a statement, and of what stands before and above it. */
function saidOf(statement: Statement, { source }: Sought): ReadonlySet<string> {
  const said = new Set([...statement.terms, ...beforeOf(statement).flatMap(({ terms }) => [...terms])])
  for (const terms of statement.headings) for (const term of terms) said.add(term)
  for (const term of source) said.add(term)
  return said
}

/** What stands before a statement, back to the sentence that names something to begin with: before that it was about something else. */
function beforeOf({ text, before }: Statement): readonly Statement[] {
  if (subjectOf(text).size > 0) return []
  const named = before.findIndex((one) => subjectOf(one.text).size > 0)
  return named < 0 ? before : before.slice(0, named + 1)
}

/** Whether what is said next before a statement is about something else that is asked about: of two things without names. */
function isNearerTo(statement: Statement, { topic: { others }, rivals }: Sought): boolean {
  for (const { terms } of [statement, ...statement.before]) {
    const own = share(others, terms)
    const most = Math.max(0, ...rivals.map((rival) => share(new Set([...rival].filter((term) => !others.has(term))), terms, 0)))
    if (Math.max(own, most) >= leastCovered) return most > own
  }
  return false
}

function namedBy(statement: Statement, { topic: { names }, rivals, source }: Sought): number {
  const others = rivals.filter((rival) => [...rival].some((term) => !names.has(term)))
  const isNamed = (terms: ReadonlySet<string>): boolean => hasAll(terms, names)
  const isOthers = (terms: ReadonlySet<string>): boolean =>
    !isNamed(terms) && (others.some((rival) => rival.size > 0 && hasAll(terms, rival)) || hasCodeLike(terms, names))
  if (isNamed(statement.terms)) return 1
  if (statement.cells?.some(({ column }) => isNamed(termsIn(column)))) return 0.95
  if (isOthers(statement.terms)) return 0
  const own = subjectOf(statement.text)
  const since = [statement.text]
  for (const { terms, text } of own.size > 0 && !hasSome(own, names) ? [] : statement.before) {
    if (isNamed(terms)) return since.some((other) => isParallel(other, text)) ? 0 : 0.95
    since.push(text)
    if (isOthers(terms)) return 0
    // A sentence about something else with a name ends what the one before it was about.
    if (subjectOf(text).size > 0 && !hasSome(subjectOf(text), names)) break
  }
  for (const terms of statement.headings) {
    if (isNamed(terms)) return 0.9
    if (isOthers(terms)) return 0
  }
  if (isNamed(source)) return 0.85
  // The row of "North" under the heading "2024": together.
  const together = new Set([...statement.terms, ...statement.headings.flatMap((terms) => [...terms]), ...source])
  return isNamed(together) ? 0.85 : 0
}

/** "Oak costs 5." behind "Elm costs 4.": each is about what it begins with. */
function isParallel(text: string, before: string): boolean {
  const begin = /^(?!(?:It|This|That|These|Those|He|She|They|Each|Both)\s)(\p{Lu}[\p{L}\p{N}-]*)\s+(\p{Ll}+)/u
  const [, one, verb] = begin.exec(text) ?? []
  const [, other, same] = begin.exec(before) ?? []
  return one !== undefined && other !== undefined && one !== other && verb === same
}

/** The names that a sentence begins with: "The Boreas 350 is …". */
function subjectOf(text: string): ReadonlySet<string> {
  const [, quoted, one, two, code] =
    /^(?:["“]([^"”]+)["”]|(?:The|A|An|Our)\s+(\p{Lu}[\p{L}\p{N}-]*(?:\s+[\p{Lu}\p{N}][\p{L}\p{N}-]*)*)|(\p{Lu}[\p{L}-]*(?:\s+[\p{Lu}\p{N}][\p{L}\p{N}-]*)+)|([\p{L}\p{N}-]*\d[\p{L}\p{N}-]*)(?=\s*[:–]))/u.exec(
      text,
    ) ?? []
  return quoted === undefined ? namesOf(one ?? two ?? code ?? '') : termsIn(quoted)
}

/** A code of the same make as one of the names, and another: INC-0533 beside INC-0412. */
function hasCodeLike(terms: ReadonlySet<string>, names: ReadonlySet<string>): boolean {
  const shapes = new Set([...names].filter(isCode).map(shapeOf))
  return shapes.size > 0 && [...terms].some((term) => isCode(term) && !names.has(term) && shapes.has(shapeOf(term)))
}

function isCode(term: string): boolean {
  return /\p{L}/u.test(term) && /\p{N}/u.test(term)
}

function shapeOf(term: string): string {
  return term.replaceAll(/\p{N}/gu, '0')
}

function share(wanted: ReadonlySet<string>, said: ReadonlySet<string>, ofNothing = 1): number {
  return wanted.size === 0 ? ofNothing : [...wanted].filter((term) => said.has(term)).length / wanted.size
}
