/** A Plinth on AWS that the checks of doctor are shown, and what may be odd about it. @module */
import { readAwsEnvironment } from '@plinth/aws/environment'
import { defaultAlertTypes } from '@plinth/core'
import { expect, it } from 'vitest'
import { findModel } from '../../../models/src/index.ts'
import type { Diagnosis } from '../../src/checks/finding.ts'
import type { AwsPatient, Check, LookFault, NamedModel, QueueFacts } from '../../src/checks/patient.ts'

export const now = Date.UTC(2026, 10, 27)
export const minute = 60_000
export const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
export const dead: QueueFacts = queue({ name: 'plinth-dead', arn: 'arn:dead', deadLetters: undefined })

const environment = readAwsEnvironment({ AWS_REGION: 'eu-central-1' })

function queue(parts: Partial<QueueFacts> = {}): QueueFacts {
  const counts = { waiting: 0, working: 0, held: 0 }
  const form = { hidden: 31, kept: 14 * 86_400, deadLetters: 'arn:dead', encrypted: true }
  return { name: 'plinth-a-normal', arn: 'arn:a', ...counts, ...form, ...parts }
}

/** What a sound Plinth on AWS shows. */
export const sound = {
  identity: { account: '111122223333', arn: 'arn:aws:sts::111122223333:assumed-role/Ops/jane.doe@example.com', drift: 100 },
  table: { status: 'ACTIVE', differences: [], rows: 3, bytes: 2048, streamView: 'NEW_IMAGE', protected: true, key: undefined },
  expiry: { status: 'ENABLED', attribute: 'ttl' },
  recovery: true,
  issuer: true,
  outbox: { due: 0, more: false, since: undefined },
  bucket: { region: 'eu-central-1' },
  publicAccess: true,
  bucketEncryption: 'AES256',
  versions: true,
  lifecycle: { uploads: true, versions: true },
  bus: 'genai-eventbus',
  queues: { jobs: [queue()], dead, missing: [] as string[] },
  oldestJob: undefined as number | undefined,
  stream: { status: 'ACTIVE', shards: 1, onDemand: false, retention: 24, encrypted: true },
  streamLag: 5_000 as number | undefined,
  key: { id: 'k-1', state: 'Enabled', deleted: undefined as number | undefined },
  rotation: true,
  keyUse: undefined as string | undefined,
  tenantKeys: { keys: 2, more: false },
  topics: [...defaultAlertTypes].map((type) => ({ name: `genai-alerts-${type}`, subscribers: 1 as number | undefined })),
  model: {
    profile: true as boolean | undefined,
    known: true,
    lifecycle: 'ACTIVE',
    ends: undefined as string | undefined,
    callable: ['INFERENCE_PROFILE'],
    closed: [] as string[],
    agreement: 'AVAILABLE',
  },
  functionQuota: { account: 1_000, unreserved: 1_000 },
  tokenQuotas: [{ name: 'tokens per minute', tokens: 1_000 }],
}

export type Facts = { [Name in keyof typeof sound]: (typeof sound)[Name] }

/** An account that shows these facts, or a fault for one of them. */
export function patient(
  facts: Partial<Facts> = {},
  parts: Partial<Omit<AwsPatient, 'account'>> & { readonly environment?: object } = {},
): AwsPatient {
  const all: Record<string, unknown> = { ...sound, ...facts }
  const looks = Object.entries(all).map(([name, value]) => [
    name,
    async () => (isFault(value) ? { fault: value } : { facts: value }),
  ])
  const { environment: changed, ...others } = parts
  return {
    variables: {},
    version: '1.0.0',
    deep: false,
    now,
    url: 'http://127.0.0.1:9',
    modelSettings: () => ({ model: `bedrock/eu.${haiku}`, bedrock: { region: 'eu-central-1' } }),
    awsCredentials: async () => undefined,
    account: { ...Object.fromEntries(looks), environment: { ...environment, ...changed }, close: () => {} } as never,
    tokenQuotaOf: ([first]) => first,
    models: () => [model()],
    modelLimits: () => new Map(),
    ...others,
  }
}

export function model(parts: Partial<NamedModel> = {}): NamedModel {
  const entry = findModel(haiku)
  return { kind: 'language', id: `bedrock/eu.${haiku}`, bedrock: `eu.${haiku}`, entry, call: async () => {}, ...parts }
}

export const faulty = (kind: LookFault['kind'], name = 'Code', more: Partial<LookFault> = {}): never =>
  ({ kind, action: 'dynamodb:DescribeTable', name, ...more }) as never

function isFault(value: unknown): value is LookFault {
  return typeof value === 'object' && value !== null && 'kind' in value && 'action' in value
}

export const look = async (check: Check<AwsPatient>, ...of: Parameters<typeof patient>): Promise<Diagnosis | undefined> =>
  check.look(patient(...of))

export const ofLanguage = (checks: readonly Check<AwsPatient>[]): Check<AwsPatient> => checks[0] as Check<AwsPatient>

/** A check, what it is shown, what it says, and what it says to do. */
export type Odd = readonly [string, Check<AwsPatient>, Parameters<typeof patient>, 'warning' | 'problem', RegExp, RegExp]

export const withQueue = (parts: Partial<QueueFacts>): [Partial<Facts>] => [{ queues: { ...sound.queues, jobs: [queue(parts)] } }]
export const withModel = (parts: Partial<Facts['model']>): [Partial<Facts>] => [{ model: { ...sound.model, ...parts } }]
export const withTable = (parts: object): [Partial<Facts>] => [{ table: { ...sound.table, ...parts } as Facts['table'] }]
export const withKey = (parts: Partial<Facts['key']>): [Partial<Facts>] => [{ key: { ...sound.key, ...parts } }]
export const withStream = (parts: Partial<Facts['stream']>): [Partial<Facts>] => [{ stream: { ...sound.stream, ...parts } }]
export const waiting = { waiting: 3 }
export const withoutStreams = { environment: { patterns: ['rag'] } }

export function hours(count: number): number {
  return count * 3_600_000
}

/** Tests of what is odd. */
export function finds(odd: readonly Odd[]): void {
  it.each(odd)('%s', async (_, check, of, status, message, remedy) => {
    expect(await look(check, ...of)).toEqual({
      status,
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    })
  })
}
