/** Reading the limits that providers impose on models from the environment. @module */
import { InvalidInputError, type ModelLimit, type ModelLimits, PlinthError } from '@plinth/core'
import { bedrockResource, findModel } from './catalogue.ts'
import { isOpenAICompatible } from './openai-compatible.ts'

const variable = 'PLINTH_MODEL_LIMITS'

/** What can be limited, as it is written and as it is called in code. */
const settings: Readonly<Record<string, keyof ModelLimit>> = {
  concurrency: 'concurrency',
  tokens_per_minute: 'tokensPerMinute',
}

/**
 * Reads `PLINTH_MODEL_LIMITS`: models separated by `;`, each with its limits, such as
 * `bedrock/eu.anthropic.claude-haiku-4-5-20251001-v1:0=concurrency:8,tokens_per_minute:200000;*=concurrency:32`. Both limits are whole
 * numbers from 1. `*` is every model, each for itself; where a model that is named has no word on one of the limits, it has that of `*`.
 * Bedrock has limits of their own for each profile (`eu.`, `us.`, …), so a prefix counts.
 * @returns by what answers (`servedBy`); empty when the variable is.
 * @throws InvalidInputError with the variable as its field, for what can't be right.
 */
export function modelLimits(environment: Readonly<Record<string, string | undefined>>): ModelLimits {
  const read = new Map<string, ModelLimit>()
  for (const entry of (environment[variable] ?? '').split(';')) {
    if (entry.trim() === '') continue
    const equals = entry.indexOf('=')
    if (equals < 0) throw invalid(`"${entry.trim()}" has no limits: write <model>=concurrency:<number>.`)
    const model = readModel(entry.slice(0, equals).trim())
    if (read.has(model)) throw invalid(`${model} is there twice.`)
    read.set(model, readLimit(model, entry.slice(equals + 1)))
  }
  const everyone = read.get('*')
  return new Map([...read].map(([model, limit]) => [model, { ...everyone, ...limit }]))
}

function readModel(id: string): string {
  if (id === '*' || isOpenAICompatible(id)) return id
  try {
    findModel(id)
  } catch (cause) {
    throw invalid(`${id || 'An empty id'} is no model. ${PlinthError.is(cause) ? cause.message : ''}`.trim(), cause)
  }
  return bedrockResource(id)
}

function readLimit(model: string, text: string): ModelLimit {
  const limit: { -readonly [Name in keyof ModelLimit]: ModelLimit[Name] } = {}
  for (const part of text.split(',')) {
    const [name = '', value = '', ...rest] = part.split(':').map((word) => word.trim())
    const known = Object.hasOwn(settings, name) ? settings[name] : undefined
    if (known === undefined || rest.length > 0)
      throw invalid(`"${part.trim()}" of ${model} is no limit: there are ${Object.keys(settings).join(' and ')}.`)
    if (limit[known] !== undefined) throw invalid(`${model} has ${name} twice.`)
    const number = /^\d{1,15}$/.test(value) ? Number(value) : 0
    if (number < 1) throw invalid(`${name} of ${model} must be a whole number from 1, not "${value}".`)
    limit[known] = number
  }
  return limit
}

function invalid(why: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`${variable} is malformed: ${why}`, { field: variable, ...(cause === undefined ? {} : { cause }) })
}
