import { fold } from '../fold.ts'
import { foreignSignals } from './foreign-signals.ts'
import { indirectSignals } from './indirect-signals.ts'
import { overrideSignals } from './override-signals.ts'
import { personaSignals } from './persona-signals.ts'
import type { Signal } from './signal.ts'

/** The signals in a passage and what they weigh; `before` is the end of the text before it, for what runs over from there. */
export type ReadSignals = (before: string, passage: string) => ReadonlyMap<string, number>

const signals: readonly Signal[] = [...overrideSignals, ...personaSignals, ...indirectSignals, ...foreignSignals]
/** What is left of a signal that is only talked about. */
const mentioned = 0.3

export const signalsOf: ReadSignals = (before, passage) => {
  const found = new Map<string, number>()
  if (!/\p{L}/u.test(passage)) return found
  const text = plain(before + passage)
  const own = plain(before).length
  for (const { name, weight, pattern, unless } of signals)
    for (const match of text.matchAll(pattern)) {
      if (match.index + match[0].length <= own) continue
      const weighs = isMention(text, match.index, match[0]) || unless?.test(text) ? weight * mentioned : weight
      found.set(name, Math.max(found.get(name) ?? 0, weighs))
    }
  return found
}

/** Lower case, single blanks, straight quotes, and letters for the digits that stand for them within words. */
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

/** Whether the sentence speaks about such a phrase rather than using it: a question before it, a quotation, a report. */
function isMention(text: string, at: number, phrase: string): boolean {
  const before = text.slice(Math.max(0, at - 120), at + (/^["'“”(]/.test(phrase) ? 1 : 0))
  const clause = before.slice(Math.max(before.lastIndexOf('. '), before.lastIndexOf('! '), before.lastIndexOf('? '), before.lastIndexOf(';')) + 1)
  if (/["'“«(]\s?$/.test(clause) && quoting.test(clause)) return true
  const last = clause.slice(clause.lastIndexOf(',') + 1)
  return speaking.test(last)
}

const quoting =
  /\b(?:phrase|string|text|sentence|prompts?|messages?|like|such as|e\.g\.|called|says?|saying|said|containing?|words?|attacks?|example|payload|input|titled|meaning|mean|is|does|of|that|about|for|with|term|pattern|regex|keyword|users?|title|song|book|flag|comment|error|docs?)\b/
const speaking =
  /\b(?:how (?:do|does|did|can|to|would|could|should|might|are|is|often)|what (?:is|are|does|do|happens|kind|makes)|what's|why (?:do|does|is|are|would|did|might|can|should)|explain|describe|define|definition|meaning|examples?|difference|detect\w*|prevent\w*|defend\w*|defense|mitigat\w*|protect\w*|classif\w*|recogni[sz]e|attackers?|attacks?|injections?|jailbreaks?|jailbreaking|adversar\w*|vulnerab\w*|the phrase|article|paper|blog|lecture|essay|research\w*|red.?team\w*|users? (?:who|try|tries|trying|might|may|can|could|from|to)|someone|people|telling (?:an?|the)|tells (?:an?|the)|makes? (?:an?|the|it)|cause[sd]?|trick\w*|instruct\w* (?:an?|the|it)|attempts? to|tries to|trying to|asks? (?:an?|the|it|how)|allows? (?:an?|the)|lets (?:an?|the)|causing|whether|is it|can (?:an?|the)|could (?:an?|the)|does (?:an?|the|it)|translate|wrote|documentation|policy (?:on|about))\b/
