import { jobNames, type Pattern, patterns, warnOfLifecycles } from '@plinth/core'
import { createDocumentReader } from '@plinth/documents'
import { loadMcpServers, McpToolSource } from '@plinth/mcp'
import { createModels, modelLimits, modelOptions } from '@plinth/models'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { type AwsPlatform, awsPlatform } from '../aws-platform.ts'
import { readAwsEnvironment } from '../environment.ts'
import { openTextractOcr } from '../open-textract-ocr.ts'
import { functionLog } from './function-log.ts'
import { openOnce } from './open-once.ts'

const mebibyte = 1024 ** 2
/** What a function needs beside the document that it reads: code, the batch, parts of the index. */
const restBytes = 512 * mebibyte
/** Of functions that read none. */
const leastDocumentBytes = 64 * mebibyte

/** The platform of this function. */
export const functionPlatform: () => Promise<AwsPlatform> = openOnce(open)

/** Those that this function serves; of others it answers no requests and works no jobs. */
export function functionPatterns(): readonly Pattern[] {
  const { patterns: served } = readAwsEnvironment(process.env)
  return served ? patterns.filter(({ name }) => served.includes(name)) : patterns
}

function open(): Promise<AwsPlatform> {
  const { env } = process
  const clock = systemClock
  const environment = readAwsEnvironment(env)
  // Tesseract isn't in a function: images are read by Textract or not at all.
  const ocr = openTextractOcr({ environment, clock })
  const models = createModels({ ...modelOptions(env), clock })
  warnOfLifecycles(models, functionLog)
  // Nothing lives on for sure between two calls of a function, so no server is a process of its own.
  const servers = loadMcpServers(env.PLINTH_MCP_SERVERS, { variables: env, processes: false })
  return awsPlatform({
    environment,
    models,
    limits: modelLimits(env),
    clock,
    log: functionLog,
    outbound: new GuardedHttp({ clock }),
    // One at a time, so that it may have what the function has.
    reader: createDocumentReader({ clock, ...(ocr ? { ocr } : {}), threads: 1, ...memoryOf(env) }),
    ...(servers.size > 0 ? { tools: new McpToolSource({ servers, clock, variables: env, log: functionLog }) } : {}),
    jobs: jobNames,
  })
}

/** What reading a document may take, in the heap and outside of it each, in a function of Lambda's. */
function memoryOf({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: megabytes }: NodeJS.ProcessEnv): { readonly memoryLimit?: number } {
  if (!megabytes) return {}
  return { memoryLimit: Math.max(leastDocumentBytes, (Number(megabytes) * mebibyte - restBytes) / 2) }
}
