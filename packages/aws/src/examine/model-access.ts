import { absent, type Call, type Look, look } from './look.ts'
import type { ExamineAction } from './permissions.ts'
import type { SignedRequests } from './signed-requests.ts'

export interface ModelAsked {
  /** What Bedrock is sent: a model's id, an inference profile's, or an ARN. */
  readonly name: string
  /** The model's own id, without the profile's prefix. */
  readonly model: string
}

/** What Bedrock says of a model, without a call of it. */
export interface ModelFacts {
  /** Whether a name that is no model's own stands for a profile that is there; undefined for a model's own. */
  readonly profile: boolean | undefined
  /** Whether the model is in the region at all. */
  readonly known: boolean
  /** AWS's word: `ACTIVE` or `LEGACY`. */
  readonly lifecycle: string | undefined
  /** When it ends, as AWS writes it. */
  readonly ends: string | undefined
  /** How it is called, such as `ON_DEMAND`. */
  readonly callable: readonly string[]
  /** What keeps the account from it, in AWS's words, such as `NOT_AUTHORIZED`. */
  readonly closed: readonly string[]
  /** AWS's word on the agreement with the model's maker: `AVAILABLE` once there is one. */
  readonly agreement: string | undefined
}

interface ModelDetails {
  readonly modelDetails?: {
    readonly inferenceTypesSupported?: readonly string[]
    readonly modelLifecycle?: { readonly status?: string; readonly endOfLifeTime?: string | number }
  }
}

interface Availability {
  readonly agreementAvailability?: { readonly status?: string }
  readonly authorizationStatus?: string
  readonly entitlementAvailability?: string
  readonly regionAvailability?: string
}

/** Looks whether a model can be called; it isn't. */
export function examineModel(requests: SignedRequests, { name, model }: ModelAsked): Promise<Look<ModelFacts>> {
  return look(async (call) => {
    const get = <Body>(action: ExamineAction, path: string) => read<Body>(requests, call, { action, path })
    const own = isOwnName({ name, model })
    const [profile, details, availability] = await Promise.all([
      own ? undefined : get<object>('bedrock:GetInferenceProfile', `/inference-profiles/${encodeURIComponent(name)}`),
      get<ModelDetails>('bedrock:GetFoundationModel', `/foundation-models/${encodeURIComponent(model)}`),
      get<Availability>('bedrock:GetFoundationModelAvailability', `/foundation-model-availability/${encodeURIComponent(model)}`),
    ])
    const { inferenceTypesSupported = [], modelLifecycle } = details?.modelDetails ?? {}
    const ends = modelLifecycle?.endOfLifeTime
    return {
      profile: own ? undefined : profile !== undefined,
      known: details !== undefined,
      lifecycle: modelLifecycle?.status,
      ends: typeof ends === 'number' ? new Date(ends * 1_000).toISOString() : ends,
      callable: inferenceTypesSupported,
      closed: closedBy(availability, own),
      agreement: availability?.agreementAvailability?.status,
    }
  })
}

/** Whether a model is asked for by itself, and not by an inference profile. */
export function isOwnName({ name, model }: ModelAsked): boolean {
  return name === model || name.endsWith(`foundation-model/${model}`)
}

/** A profile may lead to other regions than this one. */
function closedBy(found: Availability | undefined, own: boolean): string[] {
  const { authorizationStatus, entitlementAvailability, regionAvailability } = found ?? {}
  return [
    ...(authorizationStatus === 'NOT_AUTHORIZED' ? ['authorizationStatus NOT_AUTHORIZED'] : []),
    ...(entitlementAvailability === 'NOT_AVAILABLE' ? ['entitlementAvailability NOT_AVAILABLE'] : []),
    ...(own && regionAvailability === 'NOT_AVAILABLE' ? ['regionAvailability NOT_AVAILABLE'] : []),
  ]
}

/** @returns undefined where Bedrock has nothing of that name. */
async function read<Body>(
  requests: SignedRequests,
  call: Call,
  { action, path }: { readonly action: ExamineAction; readonly path: string },
): Promise<Body | undefined> {
  const found = await call(action, (signal) =>
    requests.send({ service: 'bedrock', path }, signal).catch(absent('ResourceNotFoundException', 'ValidationException')),
  )
  return found && (JSON.parse(found.text) as Body)
}
