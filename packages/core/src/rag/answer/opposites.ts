import { termOf } from '../../search/analysis.ts'

/** Words that turn a claim into its contrary when one stands in the place of the other. */
const pairs = `increase decrease
increased decreased
increase reduce
raise lower
rise fall
rose fell
higher lower
high low
more less
most least
above below
before after
allow forbid
enable disable
positive negative
upregulate downregulate
promote inhibit
promote prevent
activate inhibit
activate suppress
improve worsen
strengthen weaken
begin end
start stop
open close
opened closed
gain lose
win lose
won lost
accept reject
accept refuse
include exclude
first last
maximum minimum
largest smallest
longest shortest
highest lowest
oldest youngest
north south
northern southern
east west
eastern western
hot cold
early late
buy sell
import export
presence absence
present absent
same different
safe dangerous
legal illegal
success failure`

const opposites = new Map<string, Set<string>>()
for (const pair of pairs.split('\n')) {
  const [one = '', two = ''] = pair.split(' ').map((word) => termOf(word) || word)
  for (const [from, to] of [
    [one, two],
    [two, one],
  ] as const) {
    const known = opposites.get(from) ?? new Set()
    opposites.set(from, known.add(to))
  }
}

/** Whether the claim has a word whose opposite stands in the source instead of it. */
export function opposed(claim: ReadonlySet<string>, source: ReadonlySet<string>): boolean {
  for (const term of claim) {
    if (source.has(term)) continue
    for (const other of opposites.get(term) ?? []) if (source.has(other) && !claim.has(other)) return true
  }
  return false
}
