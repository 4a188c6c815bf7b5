import { type Diagnosis, ok, problem, warning } from './finding.ts'
import type { Check, ModelSettings } from './patient.ts'

const patience = 3_000
const extractive = 'local/extractive'

export const model: Check = {
  name: 'model',
  look: (patient) => {
    const { model: id = extractive } = patient.modelSettings()
    if (id !== extractive) return ok(id)
    return warning(`${extractive}: it quotes and fills in by rule, and is no language model.`, 'Set PLINTH_MODEL for another.')
  },
}

/** Asks the model's provider for as little as possible: no tokens are spent. */
export const provider: Check = {
  name: 'provider',
  look: (patient) => {
    const { bedrock } = goodSettings(patient.modelSettings)
    return modelServer.look(patient) ?? (bedrock && askAws(bedrock, patient.awsCredentials))
  },
}

/** The same where the provider is a server of the user's own. */
export const modelServer: Check = {
  name: 'provider',
  look: (patient) => {
    const { model, embeddingModel, openAICompatible } = goodSettings(patient.modelSettings)
    const served = [model, embeddingModel].find((id) => id?.startsWith('openai-compatible/'))
    return openAICompatible && served ? askServer(openAICompatible, served.replace(/^[^/]*\//, '')) : undefined
  },
}

/** None where something is wrong with them, which the check of the model says. */
export function goodSettings(read: () => ModelSettings): ModelSettings {
  try {
    return read()
  } catch {
    return {}
  }
}

async function askServer(server: { readonly baseUrl: string; readonly apiKey?: string }, name: string): Promise<Diagnosis> {
  const { baseUrl, apiKey } = server
  let response: Response
  try {
    response = await fetch(`${baseUrl}/models`, {
      headers: { accept: 'application/json', ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) },
      redirect: 'manual',
      signal: AbortSignal.timeout(patience),
    })
  } catch {
    return problem(`Nothing answers at ${baseUrl}.`, 'Start the model server, or correct PLINTH_MODEL_BASE_URL.')
  }
  if (response.status === 401 || response.status === 403) {
    await response.body?.cancel()
    const key = apiKey === undefined ? 'asks for a key' : 'refuses the key'
    return problem(`${baseUrl} ${key} (status ${response.status}).`, 'Set PLINTH_MODEL_API_KEY to a good one.')
  }
  const ids = await modelIds(response)
  if (!ids)
    return warning(
      `${baseUrl} answers, but with no list of models (status ${response.status}).`,
      'Look whether PLINTH_MODEL_BASE_URL ends with the version, such as /v1.',
    )
  if (ids.includes(name)) return ok(`${baseUrl} answers, and has the model.`)
  return warning(
    `${baseUrl} answers, but lists no model ${name}.`,
    `It has ${ids.slice(0, 5).join(', ') || 'none'}: correct PLINTH_MODEL.`,
  )
}

async function modelIds(response: Response): Promise<string[] | undefined> {
  const body = (await response.json().catch(() => undefined)) as { readonly data?: unknown } | undefined
  if (!response.ok || !Array.isArray(body?.data)) return undefined
  return body.data.flatMap((one: { readonly id?: unknown } | null) => (typeof one?.id === 'string' ? [one.id] : []))
}

async function askAws(
  { region, bearerToken }: { readonly region: string; readonly bearerToken?: string },
  credentials: (region: string) => Promise<unknown>,
): Promise<Diagnosis> {
  if (bearerToken !== undefined) return ok(`Bedrock in ${region}, with the key in AWS_BEARER_TOKEN_BEDROCK.`)
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('too late')), patience).unref())
  try {
    await Promise.race([credentials(region), late])
    return ok(`Bedrock in ${region}, and there are credentials for it.`)
  } catch {
    return problem(
      `There are no credentials of AWS to call Bedrock in ${region} with.`,
      'Set AWS_PROFILE, or log in: aws sts get-caller-identity must work.',
    )
  }
}
