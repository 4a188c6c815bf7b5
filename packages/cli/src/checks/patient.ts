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

/** What the checks look at. A method that throws says so in words for a person. */
export interface Patient {
  readonly variables: Readonly<Record<string, string | undefined>>
  /** The data folder, absolute. */
  readonly folder: string
  readonly version: string
  readonly deep: boolean
  readonly now: number
  /** The server to look for. */
  readonly url: string
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
  modelSettings(): ModelSettings
  awsCredentials(region: string): Promise<unknown>
  /** Undefined when it can't be told, such as without the master key. */
  identity(): Promise<Identity | undefined>
}

export interface Check {
  readonly name: string
  /** Undefined when there is nothing to look at. What is thrown is a problem. */
  look(patient: Patient): Diagnosis | undefined | Promise<Diagnosis | undefined>
}

/** Runs the checks, one after the other. */
export async function examine(checks: readonly Check[], patient: Patient): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const check of checks) {
    const diagnosis = await diagnose(check, patient)
    if (diagnosis) findings.push({ check: check.name, ...diagnosis })
  }
  return findings
}

async function diagnose(check: Check, patient: Patient): Promise<Diagnosis | undefined> {
  try {
    return await check.look(patient)
  } catch (error) {
    return { status: 'problem', message: error instanceof Error ? error.message : String(error) }
  }
}
