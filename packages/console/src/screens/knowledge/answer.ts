import { type Call, Problem } from '../../api/client.ts'
import { messagesOf } from '../../api/event-stream.ts'
import { type Kept, useKept } from './kept-state.ts'
import { askCall, type Settings } from './settings.ts'

export interface Citation {
  readonly claim_start: number
  readonly claim_end: number
  readonly document_id: string
  readonly source: string
  readonly revision: string
  readonly start: number
  readonly end: number
}

export interface Passage {
  readonly document_id: string
  readonly source: string
  readonly revision: string
  readonly content: string
  readonly start: number
  readonly end: number
  readonly page?: number
  readonly score: number
  readonly use: 'cited' | 'shown' | 'left_out'
  readonly number?: number
}

export interface ConfidenceParts {
  readonly related: number
  readonly answered: number
  readonly supported: number | null
  readonly floor: number
  readonly least: number
  readonly features: Readonly<Record<string, number>>
}

/** How an answer came about. */
export interface Explanation {
  readonly searched: string
  readonly passages: readonly Passage[]
  readonly prompt: {
    readonly messages: readonly { readonly role: string; readonly text: string }[]
    readonly tokens: number
  } | null
  readonly served_by: string | null
  readonly confidence: ConfidenceParts
  readonly claims: readonly { readonly start: number; readonly end: number; readonly support: number; readonly cited: boolean }[]
}

export interface Answer {
  readonly response: string
  readonly sources: readonly string[]
  readonly confidence: number
  readonly abstained: boolean
  readonly citations: readonly Citation[]
  readonly filtered: readonly {
    readonly document_id: string
    readonly source: string
    readonly kind: string
    readonly action: string
  }[]
  readonly usage: {
    readonly input_tokens: number
    readonly output_tokens: number
    readonly usd: number
    readonly latency_ms: number
  }
  readonly explanation?: Explanation
}

/** A question on its way to its answer. */
export interface Asked {
  /** Counts the questions. */
  readonly id: number
  readonly question: string
  readonly settings: Settings
  /** Whether it is still being answered. */
  readonly isBusy: boolean
  /** What the model has written so far. */
  readonly written: string
  readonly answer?: Answer
  readonly problem?: unknown
  readonly call: Call
}

let count = 0
const running = new Map<string, AbortController>()

/** An answer of one side of the playground: it stays while other parts of the console are looked at. */
export function useAnswer(side: string): {
  readonly asked: Asked | undefined
  ask(question: string, settings: Settings): void
  stop(): void
} {
  const [asked, kept] = useKept<Asked | undefined>(`answer ${side}`, undefined)
  return {
    asked,
    ask(question, settings) {
      running.get(side)?.abort()
      const controller = new AbortController()
      running.set(side, controller)
      const asked: Asked = { id: ++count, question, settings, call: askCall(question, settings), isBusy: true, written: '' }
      kept.change(() => asked)
      void follow(asked, kept, controller.signal)
    },
    stop: () => running.get(side)?.abort(),
  }
}

async function follow({ id, call }: Asked, kept: Kept<Asked | undefined>, signal: AbortSignal): Promise<void> {
  const tell = (by: (before: Asked) => Partial<Asked>): void => {
    // Another question may have taken its place.
    kept.change((before) => (before?.id === id ? { ...before, ...by(before) } : before))
  }
  try {
    for await (const { event, data } of messagesOf(call, signal)) {
      if (event === 'token') tell(({ written }) => ({ written: written + String(data.text) }))
      else if (event === 'done') tell(() => ({ answer: data as Answer, isBusy: false }))
      else if (event === 'error') throw new Problem({ status: 502, code: String(data.code), detail: String(data.message) })
    }
    tell(({ answer }) => (answer ? {} : { problem: new Error('The answer broke off. Ask again.') }))
  } catch (problem) {
    if (!signal.aborted) tell(() => ({ problem }))
  } finally {
    tell(() => ({ isBusy: false }))
  }
}
