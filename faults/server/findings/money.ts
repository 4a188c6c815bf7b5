/** Usage and budgets add up to the model's own count. @module */
import { type Entry, entriesOf } from '../ledger.ts'
import { type TenantName, tenants } from '../marks.ts'
import { callsOf, type ModelCall } from './calls.ts'
import type { ServerOutcome } from './outcome.ts'

/** Of the model that serves, USD a token of input and of output. */
export const price = { input: 1e-6, output: 5e-6 }
const rounding = 1e-7
/** Calls that a tenant's load has under way at a time, at most: steps of workflows, documents, questions, evidence. */
const underWay = 16

interface Span {
  readonly least: number
  readonly most: number
}

/**
 * What was answered and not asked for again was read, and counts exactly once. What was asked for again counts once at least, and at most
 * as often as it was answered: a process may have died before or after it wrote the answer down. What was lost on the way may be billed:
 * its input counts at most by its bytes.
 * @param open marks whose answers need not have been written down: nobody asks again for what is cancelled meanwhile.
 */
function spansOf(calls: readonly ModelCall[], open: ReadonlySet<string>): { readonly input: Span; readonly output: Span } {
  let [leastIn, mostIn, leastOut, mostOut] = [0, 0, 0, 0]
  for (const [mark, same] of Map.groupBy(calls, (call) => call.mark)) {
    const answers = same.flatMap(({ end }) => (end?.end === 'answered' ? [end] : []))
    for (const { input, output } of answers) {
      mostIn += input
      mostOut += output
    }
    for (const { bytes, most, end } of same)
      if (end?.end !== 'answered' && end?.end !== 'throttled') {
        mostIn += bytes
        mostOut += most
      }
    const [held, bytes, most] = heldBy(mark, same)
    mostIn += held * bytes
    mostOut += held * most
    if (answers.length === 0 || open.has(mark)) continue
    const isRead = same.at(-1)?.end?.end === 'answered'
    const sure = isRead ? answers.slice(-1) : answers
    leastIn += Math.min(...sure.map(({ input }) => input))
    leastOut += Math.min(...sure.map(({ output }) => output))
  }
  return { input: { least: leastIn, most: mostIn }, output: { least: leastOut, most: mostOut } }
}

/**
 * All but requests are called for somebody who waits: the most that a call may use is booked before it, and stays where its process dies,
 * since nobody knows better. One call of a mark is under way at a time, and it may have been booked by the process before the first that
 * came to ask.
 */
function heldBy(mark: string, calls: readonly ModelCall[]): readonly [held: number, bytes: number, most: number] {
  if (mark.includes('-r-')) return [0, 0, 0]
  const lives = calls.map(({ life }) => life)
  const held = Math.max(...lives) - Math.min(...lives) + 2
  return [held, Math.max(...calls.map(({ bytes }) => bytes)), Math.max(...calls.map(({ most }) => most))]
}

/**
 * A process that dies between booking a call and making it leaves the booking as it was: nobody can know whether the call was made. So each
 * death may leave as much as was under way, of a tenant whose calls the model never saw, too.
 */
function bookingsLost(
  entries: readonly Entry[],
  calls: readonly ModelCall[],
): { readonly input: number; readonly output: number } {
  const each = entriesOf(entries, 'begun').length * underWay
  return {
    input: each * Math.max(0, ...calls.map(({ bytes }) => bytes)),
    output: each * Math.max(0, ...calls.map(({ most }) => most)),
  }
}

/**
 * Requests that a client cancelled; requests that failed in the end, which is why an answer that a process died with was never asked for
 * with success again; questions whose client was answered by another process than the one that asked the model; evidence of streams,
 * which may be put in other words when it is asked about again.
 */
function openMarks({ entries, state }: ServerOutcome, calls: readonly ModelCall[]): ReadonlySet<string> {
  const cancelled = new Set(entriesOf(entries, 'cancelled').map(({ tenant, id }) => `${tenant} ${id}`))
  const failed = new Set<string>()
  for (const tenant of tenants)
    for (const { request_id, status } of state.tenants[tenant].requests)
      if (status === 'failed') failed.add(`${tenant} ${request_id}`)
  const open = new Set<string>()
  const failedMarks = new Set<string>()
  const replies = new Map<string, number>()
  let life = 0
  for (const entry of entries) {
    if (entry.type === 'begun') life = entry.life
    if (entry.type === 'request' && cancelled.has(`${entry.tenant} ${entry.id}`)) open.add(entry.key)
    if (entry.type === 'request' && failed.has(`${entry.tenant} ${entry.id}`)) failedMarks.add(entry.key)
    if (entry.type === 'replied') replies.set(entry.key, life)
  }
  for (const { mark, life: asked, end } of calls) {
    if (mark.includes('-other-') || (mark.includes('-q-') && replies.get(mark) !== asked)) open.add(mark)
    if (!failedMarks.has(mark) || end?.end !== 'answered') continue
    if (asked < life) open.add(mark)
    else open.delete(mark)
  }
  return open
}

export function* faultsOfMoney(outcome: ServerOutcome): Generator<string> {
  const { entries, state } = outcome
  const all = callsOf(entries)
  const open = openMarks(outcome, all)
  const calls = Map.groupBy(all, ({ mark }) => mark.split('-')[0] ?? '')
  const lost = bookingsLost(entries, all)
  for (const owner of calls.keys())
    if (!tenants.includes(owner as TenantName)) yield `${calls.get(owner)?.length} calls of the model belong to ${owner}`
  for (const tenant of tenants) {
    const { usage, budget } = state.tenants[tenant]
    const own = calls.get(tenant) ?? []
    const isRequest = ({ mark }: ModelCall): boolean => mark.includes('-r-')
    for (const [what, used, asked, more] of [
      ['requests', usage.requests, own.filter(isRequest), { input: 0, output: 0 }],
      ['all else', usage.others, own.filter((call) => !isRequest(call)), lost],
    ] as const) {
      const { input, output } = spansOf(asked, open)
      yield* beyond(`${tenant}: tokens of input of ${what}`, used.input_tokens, { ...input, most: input.most + more.input })
      yield* beyond(`${tenant}: tokens of output of ${what}`, used.output_tokens, { ...output, most: output.most + more.output })
    }
    const { requests, others } = usage
    const usd = requests.input_tokens * price.input + requests.output_tokens * price.output
    if (Math.abs(usd - requests.usd) > rounding) yield `${tenant}: requests come to ${requests.usd} USD, their tokens to ${usd}`
    const used = requests.usd + others.usd
    if (Math.abs(budget.taken_usd - used) > rounding)
      yield `${tenant}: ${budget.taken_usd} USD of the budget are taken, and ${used} USD used`
    if (budget.limit_usd !== null && budget.taken_usd > budget.limit_usd + rounding)
      yield `${tenant}: ${budget.taken_usd} USD are spent of ${budget.limit_usd}`
  }
}

function* beyond(what: string, counted: number, { least, most }: Span): Generator<string> {
  if (counted < least || counted > most) yield `${what}: ${counted} are counted, and the model counts ${least} to ${most}`
}
