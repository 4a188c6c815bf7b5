import { jobNames } from '@plinth/core'
import { createModels, modelLimits, modelOptions } from '@plinth/models'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { type AwsPlatform, awsPlatform } from '../aws-platform.ts'
import { readAwsEnvironment } from '../environment.ts'
import { functionLog } from './function-log.ts'

let opened: Promise<AwsPlatform> | undefined

/** The platform of this function, opened once for as long as its environment lives. One that couldn't be opened is tried again. */
export function functionPlatform(): Promise<AwsPlatform> {
  opened ??= open()
  opened.catch(() => {
    opened = undefined
  })
  return opened
}

function open(): Promise<AwsPlatform> {
  const { env } = process
  return awsPlatform({
    environment: readAwsEnvironment(env),
    models: createModels({ ...modelOptions(env), clock: systemClock }),
    limits: modelLimits(env),
    clock: systemClock,
    log: functionLog,
    outbound: new GuardedHttp({ clock: systemClock }),
    jobs: jobNames,
  })
}
