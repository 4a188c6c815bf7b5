/** Reading the settings of providers on the network from the environment. @module */
import { InvalidInputError, readGuardrail } from '@plinth/core'
import type { BedrockOptions } from './bedrock.ts'
import type { OpenAICompatibleOptions } from './openai-compatible.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads `PLINTH_MODEL_BASE_URL` and `PLINTH_MODEL_API_KEY`.
 * @throws InvalidInputError whose field is the variable, when the first is missing or one of them can't be right.
 */
export function openAICompatibleOptions(environment: Environment): OpenAICompatibleOptions {
  const baseUrl = readUrl(environment, 'PLINTH_MODEL_BASE_URL')
  if (baseUrl === undefined) {
    const example = 'such as http://localhost:11434/v1'
    throw missing('PLINTH_MODEL_BASE_URL', `An openai-compatible model needs the address of its server, ${example}`)
  }
  const apiKey = readSecret(environment, 'PLINTH_MODEL_API_KEY')
  return { baseUrl, ...(apiKey !== undefined && { apiKey }) }
}

/** Other values of `PLINTH_REGION`, such as `local`, name this process and no region of AWS. */
const awsRegion = /^[a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2}$/

/**
 * Reads the region (`PLINTH_REGION`, `AWS_REGION` or `AWS_DEFAULT_REGION`, the first that is a region of AWS), the endpoint
 * (`AWS_ENDPOINT_URL_BEDROCK_RUNTIME`, for reranking `AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME`, else `AWS_ENDPOINT_URL`) and
 * `AWS_BEARER_TOKEN_BEDROCK` and `PLINTH_BEDROCK_GUARDRAIL`. Credentials are left to AWS's chain, which reads this process's own environment.
 * @throws InvalidInputError whose field is the variable, when no region is set or one of them can't be right.
 */
export function bedrockOptions(environment: Environment): BedrockOptions {
  const { PLINTH_REGION, AWS_REGION, AWS_DEFAULT_REGION } = environment
  const region = [PLINTH_REGION, AWS_REGION, AWS_DEFAULT_REGION].find((value) => value !== undefined && awsRegion.test(value))
  if (region === undefined)
    throw missing('AWS_REGION', 'A model of Bedrock needs the region of AWS to call, such as eu-central-1')
  const endpoint = readUrl(environment, 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME') ?? readUrl(environment, 'AWS_ENDPOINT_URL')
  const agentEndpoint = readUrl(environment, 'AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME') ?? readUrl(environment, 'AWS_ENDPOINT_URL')
  const bearerToken = readSecret(environment, 'AWS_BEARER_TOKEN_BEDROCK')
  const guardrail = environment[guardrailName]?.trim()
  return {
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(agentEndpoint !== undefined && { agentEndpoint }),
    ...(bearerToken !== undefined && { bearerToken }),
    ...(guardrail && { guardrail: readGuardrail(guardrail, guardrailName) }),
  }
}

const guardrailName = 'PLINTH_BEDROCK_GUARDRAIL'

function readUrl(environment: Environment, name: string): string | undefined {
  const text = environment[name]?.trim()
  if (!text) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  // A password in it would end up where addresses are shown; a query would not survive a path put after it.
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash)
    return url.href.replace(/\/+$/, '')
  throw new InvalidInputError(`${name} must be an http or https address without user, query and fragment.`, { field: name })
}

function readSecret(environment: Environment, name: string): string | undefined {
  const text = environment[name]?.trim()
  if (!text) return undefined
  if (/^[\x21-\x7e]+$/.test(text)) return text
  throw new InvalidInputError(`${name} must be printable ASCII without spaces: it is sent in a header.`, { field: name })
}

function missing(name: string, why: string): InvalidInputError {
  return new InvalidInputError(`${why}: set ${name}.`, { field: name })
}
