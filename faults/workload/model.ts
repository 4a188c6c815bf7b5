import { setTimeout as pause } from 'node:timers/promises'
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { type ScriptedCall, type ScriptedModels, scriptedModels, streamOf } from '@plinth/core/testing'
import type { Entry, Ledger } from './ledger.ts'
import { type Planned, plannedFor } from './plan.ts'
import type { Signals } from './signals.ts'
import type { TellStep } from './steps.ts'

type Told = Extract<Entry, { type: 'called' }>['told']

const callMilliseconds = 2
const pieceMilliseconds = 30
/** A client that is to cancel while the model answers may be held up; the model doesn't wait for ever. */
const longestWait = 3_000
const statuses: Readonly<Record<Exclude<Told, 'answer'>, number>> = { fault: 500, throttle: 429, refusal: 400 }

/** The provider's side of a model: it writes down each call before anything else, and remembers them as a provider would. */
export function providerOf(parts: {
  readonly plan: readonly Planned[]
  readonly ledger: Ledger
  readonly signals: Signals
  readonly tell: TellStep
}): ScriptedModels {
  const { plan, ledger, signals, tell } = parts
  return scriptedModels(async (call) => {
    const planned = plannedFor(plan, call.prompt)
    const told = decide(planned, call, ledger.entries)
    tell('before-call')
    ledger.add({ type: 'called', call: call.idempotencyKey ?? '', told })
    tell('calling')
    await pause(callMilliseconds)
    if (planned.course === 'cancelled-running') {
      signals.give(`begun ${planned.key}`)
      await Promise.race([signals.given(`cancelled ${planned.key}`), pause(longestWait, undefined, { ref: false })])
    }
    tell('called')
    if (told !== 'answer') throw Object.assign(new Error('The provider says no.'), { statusCode: statuses[told] })
    return planned.course === 'late' ? { stream: streamOf(bitByBit(planned.answer)) } : planned.answer
  })
}

function decide({ course }: Planned, { idempotencyKey = '' }: ScriptedCall, entries: readonly Entry[]): Told {
  const isFirst = !entries.some((entry) => entry.type === 'called' && entry.call === idempotencyKey)
  if (course === 'faulty' && isFirst) return 'fault'
  if (course === 'throttled' && isFirst) return 'throttle'
  if (course === 'refused' || (course === 'redriven' && idempotencyKey.endsWith(':1'))) return 'refusal'
  return 'answer'
}

/** Its first half at once, the rest after a while, so that some of it is kept before the end. */
async function* bitByBit(answer: string): AsyncGenerator<LanguageModelV4StreamPart> {
  const half = Math.floor(answer.length / 2)
  yield { type: 'stream-start', warnings: [] }
  yield { type: 'text-start', id: '0' }
  yield { type: 'text-delta', id: '0', delta: answer.slice(0, half) }
  await pause(pieceMilliseconds)
  yield { type: 'text-delta', id: '0', delta: answer.slice(half) }
  await pause(pieceMilliseconds)
  yield { type: 'text-end', id: '0' }
  yield {
    type: 'finish',
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: {
      inputTokens: { total: 1, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: answer.length, text: undefined, reasoning: undefined },
    },
  }
}
