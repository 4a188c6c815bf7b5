import { type Composition, compositions } from './compositions.ts'
import { foreignSignals } from './foreign-signals.ts'
import { indirectSignals } from './indirect-signals.ts'
import { isMention } from './mention.ts'
import { overrideSignals } from './override-signals.ts'
import { personaSignals } from './persona-signals.ts'
import { plainText } from './plain-text.ts'
import { orderBegins, type Signal } from './signal.ts'

/** The signals in a passage and what they weigh; `before` is the end of the text before it, for what runs over from there. */
export type ReadSignals = (before: string, passage: string) => ReadonlyMap<string, number>

const signals: readonly Signal[] = [...overrideSignals, ...personaSignals, ...indirectSignals, ...foreignSignals]
/** What is left of a signal that is only talked about. */
const mentioned = 0.3

/** Signals of which one must be there for a finding. */
export const leadingSignals: ReadSignals = reader(
  signals.filter(({ leads }) => leads),
  compositions.filter(({ leads }) => leads),
)
/** Signals that only add to others. */
export const supportingSignals: ReadSignals = reader(
  signals.filter(({ leads }) => !leads),
  compositions.filter(({ leads }) => !leads),
)

function reader(looked: readonly Signal[], composed: readonly Composition[]): ReadSignals {
  return (before, passage) => {
    const found = new Map<string, number>()
    if (!/\p{L}/u.test(passage)) return found
    const take = (name: string, weight: number): void => void found.set(name, Math.max(found.get(name) ?? 0, weight))
    const own = plainText(before)
    const passed = plainText(passage)
    const text = own + passed
    for (const { name, weight, needs, pattern, order, unless } of looked) {
      if (!needs.test(text)) continue
      for (const match of text.matchAll(pattern)) {
        if (match.index + match[0].length <= own.length) continue
        if (order && !orderBegins.test(text.slice(Math.max(0, match.index - 24), match.index))) continue
        take(name, isMention(text, match.index, match[0]) || unless?.test(text) ? weight * mentioned : weight)
      }
    }
    const alone = passed.trim()
    for (const composition of composed) {
      const match = composedAt(composition, alone)
      if (match !== undefined)
        take(composition.name, isMention(alone, match, '') ? composition.weight * mentioned : composition.weight)
    }
    return found
  }
}

/** Where the first of the concepts stands, if all of them do. */
function composedAt({ all, none }: Composition, text: string): number | undefined {
  return all.every((concept) => concept.test(text)) && !none?.test(text) ? text.search(all[0]) : undefined
}
