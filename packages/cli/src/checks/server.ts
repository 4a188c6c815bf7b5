import { timeSpan } from '../words.ts'
import { type Diagnosis, ok, problem, warning } from './finding.ts'
import type { Check, Patient } from './patient.ts'

const patience = 2_000
const driftMilliseconds = 5_000

const listensElsewhere = 'Set PLINTH_URL or PORT to where it listens.'
const toItsFolder = 'Set PLINTH_DATA_DIR to its folder, or PLINTH_URL to the server of this one.'

export const server: Check = {
  name: 'server',
  look: async (patient) => {
    const { url } = patient
    const answer = await ask(`${url}/readyz`)
    if (answer === 'nobody') {
      return patient.inUse
        ? warning(`A server has the data folder, but none answers at ${url}.`, listensElsewhere)
        : ok('No server runs. Start one with npm start.')
    }
    if (answer === 'silence' || typeof answer.body.status !== 'string')
      return problem(
        `What is at ${url} doesn't answer as a Plinth.`,
        patient.inUse ? listensElsewhere : 'Set PORT to one that is free.',
      )
    if (answer.status !== 200) return problem(`${url} answers, but is not ready (${answer.status}).`, 'Look at its log.')
    const drift = answer.time === undefined ? 0 : Math.abs(answer.time - Date.now())
    if (drift > driftMilliseconds)
      return warning(`Ready at ${url}, but its clock is ${timeSpan(drift)} off this machine's.`, 'Set both by a time server.')
    return whose(patient)
  },
}

/** Whether the server that answers is the one that holds the data folder. */
async function whose(patient: Patient): Promise<Diagnosis> {
  const { url } = patient
  if (!patient.inUse) return warning(`Ready at ${url}, but nothing has the data folder ${patient.folder}.`, toItsFolder)
  const identity = await patient.identity()
  const keys = identity && (await ask(`${url}/.well-known/jwks.json`))
  if (!identity || typeof keys !== 'object') return ok(`Ready at ${url}.`)
  const listed = Array.isArray(keys.body.keys) ? (keys.body.keys as { readonly kid?: unknown }[]) : []
  // A token is only shown to who has the key that it is signed with.
  if (!listed.some((key) => key.kid === identity.keyId))
    return warning(`Ready at ${url}, with its data elsewhere than in ${patient.folder}.`, toItsFolder)
  const about = await ask(`${url}/openapi.json`, await identity.token())
  const version = typeof about === 'object' ? (about.body.info as { readonly version?: unknown } | undefined)?.version : undefined
  if (typeof version !== 'string' || version === patient.version) return ok(`Ready at ${url}.`)
  return warning(
    `Ready at ${url}, with version ${version}; this command is ${patient.version}.`,
    'Start the server anew after an update.',
  )
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  /** The server's time, to the second. */
  readonly time: number | undefined
}

/** @returns `nobody` when nothing listens there, `silence` when what does speaks no HTTP. */
async function ask(url: string, token?: string): Promise<Answer | 'nobody' | 'silence'> {
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
