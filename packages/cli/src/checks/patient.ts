import type { AwsAccount, ModelAsked, TokenQuota } from '@plinth/aws/examine'
import type { ModelEntry, ModelLimits } from '@plinth/core'
import type { DatabaseFacts } from '@plinth/local'
import type { ModelsOptions } from '@plinth/models'
import type { Diagnosis, Finding } from './finding.ts'

/** A few 4 KiB writes to the folder's disk, each brought to stable storage. */
export interface DiskFacts {
  /** How long each took, in milliseconds, the shortest first. */
  readonly syncs: readonly number[]
  /** The time that the file system gave the last write, and this machine's after it. */
  readonly fileTime: number
  readonly systemTime: number
}

/** The settings of the model, as the environment has them. */
export type ModelSettings = Omit<ModelsOptions, 'clock'>

/** What the folder itself says of the server that holds it. */
export interface Identity {
  /** The key that its tokens are signed with. */
  readonly keyId: string
  /** Good for half a minute, for nothing but to be known. */
  token(): Promise<string>
}

/** What the checks look at on both platforms. A method that throws says so in words for a person. */
export interface Patient {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly version: string
  readonly deep: boolean
  readonly now: number
  /** The server to look for. */
  readonly url: string
  modelSettings(): ModelSettings
  awsCredentials(region: string): Promise<unknown>
}

/** A Plinth in one process, with its data folder. */
export interface EmbeddedPatient extends Patient {
  /** The data folder, absolute. */
  readonly folder: string
  /** Undefined when there is none yet; an error when it can't be read. */
  readonly database: DatabaseFacts | Error | undefined
  /** Undefined when the folder isn't there, or can't be written. */
  readonly disk: DiskFacts | undefined
  /** Whether a server holds the folder. */
  readonly inUse: boolean
  /** Reads the whole database. @returns what is wrong. */
  lookThroughDatabase(): readonly string[]
  /** Undefined before the first start made one. */
  masterKey(): { readonly source: 'environment' | 'file' | 'folder' } | undefined
  /** Undefined when it can't be told, such as without the master key. */
  identity(): Promise<Identity | undefined>
}

/** A model that the settings name. */
export interface NamedModel {
  readonly kind: 'language' | 'embedding'
  /** As Bedrock is sent it; undefined for one that Bedrock doesn't serve. */
  readonly bedrock: string | undefined
  readonly id: string
  readonly entry: ModelEntry
  /** Calls it for as little as possible: a token. @throws ModelFailure */
  call(signal: AbortSignal): Promise<void>
}

export type { AllQueues, Look, LookFault, ModelFacts, QueueFacts, TokenQuota } from '@plinth/aws/examine'

/** A Plinth on AWS. */
export interface AwsPatient extends Patient {
  readonly account: AwsAccount
  /** The quota of a model among those of all. */
  tokenQuotaOf(quotas: readonly TokenQuota[], asked: ModelAsked): TokenQuota | undefined
  /** The model that answers, and the one that makes vectors. */
  models(): readonly NamedModel[]
  modelLimits(): ModelLimits
}

export interface Check<Of extends Patient = Patient> {
  readonly name: string
  /** Undefined when there is nothing to look at. What is thrown is a problem. */
  look(patient: Of): Diagnosis | undefined | Promise<Diagnosis | undefined>
}

/** Runs the checks, one after the other. */
export async function examine<Of extends Patient>(checks: readonly Check<Of>[], patient: Of): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const check of checks) findings.push(...(await findingsOf(check, patient)))
  return findings
}

/** Runs the checks at the same time: those that ask others wait for their answers together. The findings keep the checks' order. */
export async function examineTogether<Of extends Patient>(checks: readonly Check<Of>[], patient: Of): Promise<Finding[]> {
  return (await Promise.all(checks.map((check) => findingsOf(check, patient)))).flat()
}

async function findingsOf<Of extends Patient>(check: Check<Of>, patient: Of): Promise<Finding[]> {
  const diagnosis = await diagnose(check, patient)
  return diagnosis ? [{ check: check.name, ...diagnosis }] : []
}

async function diagnose<Of extends Patient>(check: Check<Of>, patient: Of): Promise<Diagnosis | undefined> {
  try {
    return await check.look(patient)
  } catch (error) {
    return { status: 'problem', message: error instanceof Error ? error.message : String(error) }
  }
}
