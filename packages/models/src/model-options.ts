/** Reading the models' settings from the environment. @module */
import { InvalidInputError } from '@plinth/core'
import { checkDefaultModel, isBedrock, type ModelsOptions } from './create-models.ts'
import { isOpenAICompatible } from './openai-compatible.ts'
import { bedrockOptions, openAICompatibleOptions } from './provider-options.ts'

/**
 * Reads `PLINTH_MODEL`, `PLINTH_SCRIPTED_LATENCY_MS` (milliseconds, 0 to 3,600,000), `PLINTH_SCRIPTED_FAILURE_RATE` (a share, 0 to 1),
 * and the settings of the provider that the model names: only that one is configured, whatever else is set.
 * A variable that is absent or empty is not set.
 * @throws InvalidInputError whose field is the variable, for a value that can't be right.
 */
export function modelOptions(environment: Readonly<Record<string, string | undefined>>): Omit<ModelsOptions, 'clock'> {
  const model = environment.PLINTH_MODEL || undefined
  if (model !== undefined) checkDefaultModel(model, 'PLINTH_MODEL')
  const latencyMs = readNumber(environment, 'PLINTH_SCRIPTED_LATENCY_MS', 3_600_000)
  const failureRate = readNumber(environment, 'PLINTH_SCRIPTED_FAILURE_RATE', 1)
  return {
    ...(model !== undefined && { model }),
    ...(model !== undefined && isOpenAICompatible(model) && { openAICompatible: openAICompatibleOptions(environment) }),
    ...(model !== undefined && isBedrock(model) && { bedrock: bedrockOptions(environment) }),
    scripted: { ...(latencyMs !== undefined && { latencyMs }), ...(failureRate !== undefined && { failureRate }) },
  }
}

function readNumber(environment: Readonly<Record<string, string | undefined>>, name: string, most: number): number | undefined {
  const text = environment[name] || undefined
  if (text === undefined) return undefined
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value >= 0 && value <= most) return value
  throw new InvalidInputError(`${name} must be a number from 0 to ${most}.`, { field: name })
}
