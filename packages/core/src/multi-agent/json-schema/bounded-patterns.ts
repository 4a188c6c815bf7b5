/** How long a regular expression that somebody else wrote may be looked for. @module */

/** What is longer is held against no pattern. */
const longestSearched = 50_000
const longestPattern = 300
/** Of looking for one pattern: what a processor does in about a second. */
const mostSteps = 1e8
/** Shorter ones would not be worth a pattern. */
const leastSearched = 1_000

/**
 * In how many characters a pattern can be looked for without taking long, by the most that backtracking can come to: nothing that is
 * repeated may hold a repetition or a choice, nothing looks around or back, and few parts may be read in several ways. Undefined: in too
 * few. Says no to some that are harmless.
 */
export function longestFor(pattern: string): number | undefined {
  if (pattern.length > longestPattern) return undefined
  // What stands for one character is one, and groups are plain ones. Where a pattern is none with the
  // flag `u`, it is read without, and what a brace behind \p or \u holds may be a repetition, or anything.
  const plain = pattern
    .replaceAll(/\\(?:[pP]\{[A-Za-z]\w*(?:=\w+)?\}|u\{(?!\d+\})[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[^0-9k])/g, 'x')
    .replaceAll(/\[[^\]]*\]/g, 'x')
    .replaceAll('(?:', '(')
  if (/\\|\(\?/.test(plain)) return undefined
  // Each start but that of an anchored one is a try.
  let power = plain.startsWith('^') && !plain.includes('|') ? 0 : 1
  let steps = plain.length
  const groups = [{ isSeveral: false, choices: 1 }]
  let closed: { readonly isSeveral: boolean } | undefined
  for (const [token] of plain.matchAll(/\{\d+(?:,\d*)?\}|[\s\S]/g)) {
    const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}$/.exec(token) ?? []
    const isEndless = token === '*' || token === '+' || (comma === ',' && most === '')
    if (closed?.isSeveral && (isEndless || least !== undefined)) return undefined
    if (isEndless) power++
    else if (least !== undefined) steps *= comma ? Number(most) * (Number(most) - Number(least) + 1) : Number(least)
    else if (token === '?') steps *= 2
    if (isEndless && least !== undefined) steps *= Number(least)
    const within = groups.at(-1) ?? { isSeveral: false, choices: 1 }
    if (token === '|') within.choices++
    if (isEndless || comma || token === '?' || token === '|') within.isSeveral = true
    closed = undefined
    if (token === '(') groups.push({ isSeveral: false, choices: 1 })
    else if (token === ')') {
      steps *= within.choices
      closed = groups.pop()
      const around = groups.at(-1)
      if (around && within.isSeveral) around.isSeveral = true
    }
  }
  steps *= groups[0]?.choices ?? 1
  const longest = Math.floor((mostSteps / Math.max(1, steps)) ** (1 / Math.max(1, power)))
  return longest < leastSearched ? undefined : Math.min(longest, longestSearched)
}
