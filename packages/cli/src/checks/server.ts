import { timeSpan } from '../words.ts'
import { type Diagnosis, problem, warning } from './finding.ts'

const patience = 2_000
const driftMilliseconds = 5_000

/**
 * Whether a Plinth that is ready answers there.
 * @param remedy what to do where something else does.
 * @returns undefined for one that is ready, `nobody` where nothing listens.
 */
export async function reach(url: string, remedy: string): Promise<Diagnosis | 'nobody' | undefined> {
  const answer = await ask(`${url}/readyz`)
  if (answer === 'nobody') return answer
  if (answer === 'silence' || typeof answer.body.status !== 'string')
    return problem(`What is at ${url} doesn't answer as a Plinth.`, remedy)
  if (answer.status !== 200) return problem(`${url} answers, but is not ready (${answer.status}).`, 'Look at its log.')
  const drift = answer.time === undefined ? 0 : Math.abs(answer.time - Date.now())
  if (drift <= driftMilliseconds) return undefined
  return warning(`Ready at ${url}, but its clock is ${timeSpan(drift)} off this machine's.`, 'Set both by a time server.')
}

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  /** The server's time, to the second. */
  readonly time: number | undefined
}

/** @returns `nobody` when nothing listens there, `silence` when what does speaks no HTTP. */
export async function ask(url: string, token?: string): Promise<Answer | 'nobody' | 'silence'> {
  try {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(patience) })
    const body = (await response.json().catch(() => undefined)) as Answer['body'] | null | undefined
    const time = Date.parse(response.headers.get('date') ?? '')
    return { status: response.status, body: body ?? {}, time: Number.isNaN(time) ? undefined : time }
  } catch (error) {
    const { code = '', message = '' } = ((error as Error).cause ?? {}) as { readonly code?: string; readonly message?: string }
    // A bad port is one that fetch never asks.
    const unreached = /^(?:ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH)/.test(code) || message === 'bad port'
    return unreached ? 'nobody' : 'silence'
  }
}
