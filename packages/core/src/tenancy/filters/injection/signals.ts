import { fold } from '../fold.ts'
import { foreignSignals } from './foreign-signals.ts'
import { indirectSignals } from './indirect-signals.ts'
import { isMention } from './mention.ts'
import { overrideSignals } from './override-signals.ts'
import { personaSignals } from './persona-signals.ts'
import { orderBegins, type Signal } from './signal.ts'

/** The signals in a passage and what they weigh; `before` is the end of the text before it, for what runs over from there. */
export type ReadSignals = (before: string, passage: string) => ReadonlyMap<string, number>

const signals: readonly Signal[] = [...overrideSignals, ...personaSignals, ...indirectSignals, ...foreignSignals]
/** What is left of a signal that is only talked about. */
const mentioned = 0.3

/** Signals of which one must be there for a finding. */
export const leadingSignals: ReadSignals = reader(signals.filter(({ leads }) => leads))
/** Signals that only add to others. */
export const supportingSignals: ReadSignals = reader(signals.filter(({ leads }) => !leads))

function reader(looked: readonly Signal[]): ReadSignals {
  return (before, passage) => {
    const found = new Map<string, number>()
    if (!/\p{L}/u.test(passage)) return found
    const text = plain(before + passage)
    const own = plain(before).length
    for (const { name, weight, needs, pattern, order, unless } of looked) {
      if (!needs.test(text)) continue
      for (const match of text.matchAll(pattern)) {
        if (match.index + match[0].length <= own) continue
        if (order && !orderBegins.test(text.slice(Math.max(0, match.index - 24), match.index))) continue
        const weighs = isMention(text, match.index, match[0]) || unless?.test(text) ? weight * mentioned : weight
        found.set(name, Math.max(found.get(name) ?? 0, weighs))
      }
    }
    return found
  }
}

/** Lower case, single blanks, straight quotes, letters for the digits that stand for them within words, s p e l l e d words joined. */
function plain(text: string): string {
  return fold(text)
    .text.normalize('NFKC')
    .toLowerCase()
    .replace(/[‘’`´]/g, "'")
    .replace(/(?<!\p{L})(?:\p{L} ){4,40}\p{L}(?!\p{L})/gu, (spelled) => spelled.replaceAll(' ', ''))
    .replace(/\s+/g, ' ')
    .replace(/(?<=[a-z])[013457@$](?=[a-z])/g, (sign) => letters[sign] ?? sign)
}

const letters: { readonly [sign: string]: string } = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's' }
