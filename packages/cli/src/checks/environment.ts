import { awsVariables } from '@plinth/aws/environment'
import { readGuardrail, tracesEndpoint } from '@plinth/core'
import { readEnvironment } from '@plinth/server'
import { serverUrl } from '../client.ts'
import { ok, problem, warning } from './finding.ts'
import type { Check } from './patient.ts'

/** Every variable that Plinth reads. */
export const knownVariables: readonly string[] = [
  'PORT',
  'PLINTH_HOST',
  'PLINTH_DATA_DIR',
  'PLINTH_PLATFORM',
  'PLINTH_MODEL',
  'PLINTH_MODEL_BASE_URL',
  'PLINTH_MODEL_API_KEY',
  'PLINTH_MODEL_LIMITS',
  'PLINTH_EMBEDDING_MODEL',
  'PLINTH_RERANK_MODEL',
  'PLINTH_BEDROCK_GUARDRAIL',
  'PLINTH_MASTER_KEY',
  'PLINTH_MASTER_KEY_FILE',
  'PLINTH_REGION',
  'PLINTH_REGIONS',
  'PLINTH_ISSUERS',
  'PLINTH_SELF_METRICS',
  'PLINTH_WORKER',
  ...awsVariables.alone,
  ...awsVariables.search,
  'PLINTH_OUTBOUND_ALLOW',
  'PLINTH_MCP_SERVERS',
  'PLINTH_SCRIPTED_LATENCY_MS',
  'PLINTH_SCRIPTED_FAILURE_RATE',
  'PLINTH_LOG_LEVEL',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'PLINTH_URL',
  'PLINTH_TOKEN',
]

/** Looked at where AWS is, and of no use elsewhere. */
const ofAws: ReadonlySet<string> = new Set([...awsVariables.alone, ...awsVariables.search])

const oldest = [22, 18] as const

export const node: Check = {
  name: 'node',
  look: () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
    const message = `Node.js ${process.versions.node}`
    if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return ok(message)
    return problem(message, `Plinth needs Node.js ${oldest.join('.')} or newer; in the checkout npm start brings its own.`)
  },
}

/** Each variable on its own, so that all that are wrong are named. */
export const environment: Check = {
  name: 'environment',
  look: ({ variables }) => {
    const set = knownVariables.filter((name) => variables[name] && !ofAws.has(name))
    const wrong = set.flatMap((name) => faultOf(name, variables))
    if (variables.PLINTH_MASTER_KEY && variables.PLINTH_MASTER_KEY_FILE)
      wrong.push('PLINTH_MASTER_KEY and PLINTH_MASTER_KEY_FILE are both set.')
    if (wrong.length > 0) return problem(wrong.join(' '), 'Correct or unset what is named.')
    return ok(set.length === 0 ? 'No variable is set: the defaults hold.' : `Well formed: ${set.join(', ')}.`)
  },
}

function faultOf(name: string, variables: Readonly<Record<string, string | undefined>>): string[] {
  try {
    const alone = { [name]: variables[name] }
    readEnvironment(alone)
    tracesEndpoint(alone)
    if (name === 'PLINTH_URL') serverUrl(alone)
    if (name === 'PLINTH_BEDROCK_GUARDRAIL') readGuardrail(variables[name] ?? '', name)
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

export const unknownVariables: Check = {
  name: 'unknown variables',
  look: ({ variables }) => {
    const unknown = Object.keys(variables).filter((name) => /^PLINTH_/i.test(name) && !knownVariables.includes(name))
    if (unknown.length === 0) return undefined
    const words = unknown.sort().map((name) => {
      const meant = knownVariables.find((known) => distance(name.toUpperCase(), known) <= 2)
      return meant === undefined ? name : `${name} (${meant}?)`
    })
    return warning(`Nothing reads ${words.join(', ')}.`, 'Correct the spelling, or unset it.')
  },
}

/** How many letters to add, remove or change (Levenshtein). */
export function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...right].entries()) {
      const change = (row[column] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(change, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}
