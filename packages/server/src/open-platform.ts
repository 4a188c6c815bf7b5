import { jobNames, type Log, type ModelLimits, type Models, type Outbound, type Platform, type PlinthError } from '@plinth/core'
import { localPlatform, systemClock } from '@plinth/local'
import type { Environment } from './environment.ts'

export interface OpenedPlatform {
  readonly platform: Platform
  /** Where the data is, in words. */
  readonly place: string
  /** The data folder, where there is one. */
  readonly directory?: string
}

/** Opens the platform that the environment names. The SDK of AWS is loaded when it is needed, and not before. */
export async function openPlatform(options: {
  readonly environment: Environment
  /** The process's own, for what the platforms read themselves. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly models: Models
  readonly limits: ModelLimits
  readonly log: Log
  readonly outbound: Outbound
  onFatal(error: PlinthError): void
}): Promise<OpenedPlatform> {
  const { environment, variables, models, limits, log, outbound, onFatal } = options
  if (environment.platform === 'aws') {
    const { awsPlatform, readAwsEnvironment } = await import('@plinth/aws')
    const aws = readAwsEnvironment(variables)
    const platform = await awsPlatform({
      environment: aws,
      models,
      limits,
      log,
      outbound,
      clock: systemClock,
      jobs: jobNames,
      check: true,
    })
    return { platform, place: `table ${aws.table} in ${aws.region}` }
  }
  const { directory, masterKey, masterKeyFile } = environment
  const keys = {
    ...(masterKey === undefined ? {} : { masterKey }),
    ...(masterKeyFile === undefined ? {} : { masterKeyFile }),
  }
  const platform = await localPlatform({ directory, models, limits, log, outbound, onFatal, ...keys })
  return { platform, directory, place: `data in ${directory}` }
}
