import type { Message, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import { isObject, type Job, type JsonObject, type Lane } from '@plinth/core'
import { z } from 'zod'

/** SQS delays a message for no longer, in seconds. */
const longestDelay = 15 * 60

const attributes = { notBefore: 'not-before', cutOffs: 'cut-offs' } as const
/** What has to be asked for when a message is received. */
export const messageAttributes: string[] = Object.values(attributes)

/** What a message is sent with, alone or in a batch. */
export type SentMessage = Omit<SendMessageBatchRequestEntry, 'Id'>

/** What a job says in SQS beside its body. */
export interface JobMark {
  /** Not to be handed out before, milliseconds UTC. */
  readonly notBefore: number
  /** How many deliveries ended without an outcome. */
  readonly cutOffs: number
}

/**
 * A job as a message: its body is the job as JSON. The tenant is its message group, which on a standard queue asks SQS for fair
 * turns (fair queues). SQS delays by 15 minutes at most; a later message comes early and is sent once more.
 */
export function messageOf(job: Job, mark: Partial<JobMark>, now: number): SentMessage {
  const { notBefore = job.notBefore ?? 0, cutOffs = 0 } = mark
  const seconds = Math.ceil((notBefore - now) / 1_000)
  return {
    MessageBody: allowedText(JSON.stringify(job)),
    MessageGroupId: job.tenant,
    DelaySeconds: Math.min(longestDelay, Math.max(0, seconds)),
    MessageAttributes: {
      ...(notBefore === (job.notBefore ?? 0) ? {} : { [attributes.notBefore]: numberOf(notBefore) }),
      ...(cutOffs === 0 ? {} : { [attributes.cutOffs]: numberOf(cutOffs) }),
    },
  }
}

export interface ReceivedJob {
  readonly job: Job
  readonly mark: JobMark
}

/** The job in a message; undefined when it holds none, or one of another queue. */
export function jobOf(message: Message, queue: string): ReceivedJob | undefined {
  const job = parse(message.Body ?? '')
  if (job?.queue !== queue) return undefined
  const kept = (name: string): number | undefined => {
    const value = Number(message.MessageAttributes?.[name]?.StringValue ?? Number.NaN)
    return Number.isFinite(value) ? value : undefined
  }
  // Every receipt but this one ended without an outcome: whatever keeps one deletes the message, retryAt by sending a new one.
  const before = Number(message.Attributes?.ApproximateReceiveCount ?? 1) - 1
  return {
    job,
    mark: {
      notBefore: kept(attributes.notBefore) ?? job.notBefore ?? 0,
      cutOffs: (kept(attributes.cutOffs) ?? 0) + before,
    },
  }
}

/** The name of the job that a message says that it holds; empty where it says none. */
export function jobNameOf(body: string): string {
  try {
    const { queue } = JSON.parse(body) as { queue?: unknown }
    return typeof queue === 'string' ? queue : ''
  } catch {
    return ''
  }
}

// Loose: what a newer version adds isn't lost when this one sends the job once more.
const jobForm = z.looseObject({
  queue: z.string(),
  tenant: z.string(),
  id: z.string(),
  lane: z.enum(['high', 'normal', 'low'] satisfies Lane[]),
  weight: z.exactOptional(z.number()),
  notBefore: z.exactOptional(z.number()),
  version: z.number(),
  correlationId: z.string(),
  body: z.custom<JsonObject>(isObject),
})

function parse(body: string): Job | undefined {
  try {
    return jobForm.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}

/** SQS refuses the two characters that XML knows no place for; JSON can write them as escapes. */
function allowedText(json: string): string {
  return json.replaceAll(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`)
}

function numberOf(value: number): { readonly DataType: 'Number'; readonly StringValue: string } {
  return { DataType: 'Number', StringValue: String(value) }
}
