import { jobNames } from '@plinth/core'
import { createDocumentReader } from '@plinth/documents'
import { createModels, modelLimits, modelOptions } from '@plinth/models'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { type AwsPlatform, awsPlatform } from '../aws-platform.ts'
import { readAwsEnvironment } from '../environment.ts'
import { openTextractOcr } from '../open-textract-ocr.ts'
import { functionLog } from './function-log.ts'

/** A document may take so much of a function, in the heap and outside of it each; beside it others of the batch are worked. */
const documentBytes = 320 * 1024 ** 2

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
  const clock = systemClock
  const environment = readAwsEnvironment(env)
  // Tesseract isn't in a function: images are read by Textract or not at all.
  const ocr = openTextractOcr({ environment, clock })
  return awsPlatform({
    environment,
    models: createModels({ ...modelOptions(env), clock }),
    limits: modelLimits(env),
    clock,
    log: functionLog,
    outbound: new GuardedHttp({ clock }),
    reader: createDocumentReader({ clock, ...(ocr ? { ocr } : {}), threads: 1, memoryLimit: documentBytes }),
    jobs: jobNames,
  })
}
