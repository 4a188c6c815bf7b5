import { base64url } from 'jose'
import { fold } from '../fold.ts'

/**
 * A text as signals read it: lower case, single blanks, straight quotes. What is written so that people still read it and patterns
 * don't is written out: s p e l l e d or d-i-v-i-d-e-d words, digits for letters, Cyrillic and Greek look-alikes, and words of
 * attempts whose letters are shuffled. What base64 says in it stands behind it.
 */
export function plainText(text: string): string {
  const folded = fold(text).text
  return readable(`${folded}${decoded(folded)}`)
}

function readable(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[‘’`´]/g, "'")
    .replace(/(?<!\p{L})(?:[\p{L}\d]([ ._*|-]))(?:[\p{L}\d]\1){2,40}[\p{L}\d](?![\p{L}\d])/gu, (spelled, sign: string) =>
      spelled.replaceAll(sign, ''),
    )
    .replace(/(?<![a-z])[a-z]{1,30}(?:[-_][a-z]{1,30}){3,20}/g, (joined) => joined.replace(/[-_]/g, ' '))
    .replace(/\s+/g, ' ')
    .replace(/(?<=[a-z])[013457$](?=[a-z])/g, letterOf)
    .replace(/[\p{L}\d@$!]+(?:[._*|-][\p{L}\d@$!]+)*/gu, wordAsMeant)
}

/** A word of attempts that was written otherwise; any other word as it is. */
function wordAsMeant(word: string): string {
  if (word.length < 2 || word.length > 60 || telling.has(word)) return word
  const joined = word.replace(/[._*|-]/g, '').replace(/[\u0370-\u04ff]/g, (letter) => lookAlikes[letter] ?? letter)
  if (joined !== word && telling.has(joined)) return joined
  if (/[013457@$!]/.test(joined)) {
    const spelled = joined.replace(/[013457@$!]/g, letterOf)
    if (telling.has(spelled)) return spelled
    const other = joined.replace(/1/g, 'l').replace(/[03457@$!]/g, letterOf)
    return telling.has(other) && /[a-z]/.test(joined) ? other : word
  }
  return joined === word && word.length > 4 ? (shuffled.get(shape(word)) ?? word) : word
}

function decoded(text: string): string {
  let found = ''
  for (const [value] of text.matchAll(/(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{20,600}={0,2}(?![A-Za-z0-9+/=])/g)) {
    if (!/[a-z]/.test(value) || !/[A-Z]/.test(value)) continue
    try {
      const bytes = base64url.decode(value.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))
      const said = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      if (/^[\p{L}\p{P}\d\s]+$/u.test(said) && said.includes(' ')) found += ` . ${said}`
    } catch {
      // No base64, or no text.
    }
  }
  return found.slice(0, 512)
}

function letterOf(sign: string): string {
  return letters[sign] ?? sign
}

const letters: { readonly [sign: string]: string } = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}
const lookAlikes: { readonly [letter: string]: string } = Object.fromEntries(
  [...'аaеeоoрpсcуyхxіiјjѕsԁdкkмmтtнhвbαaοoρpνvιiκkτtυu'.matchAll(/(.)(.)/gu)].map(([, letter = '', latin = '']) => [
    letter,
    latin,
  ]),
)
/** Words of attempts that are worth hiding. */
const telling = new Set(
  'me my you show what were told from the say ignore disregard forget override overrule bypass previous prior above earlier preceding instruction instructions rule rules prompt prompts system reveal print show display repeat your all the guidelines restrictions directives filters filter safety secret password hidden developer message pretend jailbreak unrestricted unfiltered everything conversation'.split(
    ' ',
  ),
)
const shuffled: ReadonlyMap<string, string> = new Map(
  [...telling].filter((word) => word.length > 4).map((word) => [shape(word), word]),
)

/** The first and last letter, and the others in order: the same for a word and its shuffles. */
function shape(word: string): string {
  return `${word.charAt(0)}${[...word.slice(1, -1)].sort().join('')}${word.at(-1) ?? ''}`
}
