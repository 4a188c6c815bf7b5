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
success failure
major minor
ancient modern
public private
internal external
upper lower
inside outside
rarely often
always never
easy difficult
easy hard
simple complex
strong weak
rich poor
wealthy poor
urban rural
wet dry
heavy light
fast slow
common rare
cheap expensive
wide narrow
deep shallow
expand contract
expand shrink
create destroy
build destroy
support oppose
friend enemy
ally enemy
victory defeat
birth death
born died
male female
majority minority
permanent temporary
voluntary compulsory
optional mandatory
natural artificial
absorb emit
enter leave
join leave
arrive depart
appear disappear
lend borrow
guilty innocent
true false
superior inferior
senior junior
top bottom
domestic foreign
native foreign
abundant scarce
surplus deficit
profit loss
complete partial
active passive
conservative liberal
ancestor descendant
past future
former latter
attack defend
offensive defensive
plural singular
predecessor successor
proponent opponent
benefit harm
helpful harmful
legalize ban
legalize prohibit
allow prohibit
permit prohibit
shrink grow
grow decline
increase decline
outlaw legalize
ignore consider
encourage discourage
connect disconnect
agree disagree
approve reject
approve disapprove
worst best
unique common`

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
