/** What the constructs of patterns have in common: where a function's code comes from, what it is told, and how many there are. @module */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidInputError } from '@plinth/core'
import type { IVpc } from 'aws-cdk-lib/aws-ec2'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { bundleHandlers, bundleSizes } from './bundle.ts'
import { collectorVariables } from './trace-collector.ts'

export interface CommonFunctionOptions {
  /** A folder that `bundleHandlers` filled. @default - this Plinth's own handlers, bundled while the construct is made */
  readonly handlerFolder?: string
  /** Functions of the account that only those that work jobs use, and at most so many of them. @default - they share the account's */
  readonly reservedConcurrency?: number
  /** With a way out to AWS, or endpoints of its services in it. @default - none */
  readonly vpc?: IVpc
  /** @default - a month */
  readonly logRetention?: RetentionDays
  /**
   * Whether AWS's collector of OpenTelemetry (ADOT) lies beside each function that answers or works, as a layer of AWS's, and hands Plinth's
   * own spans on to X-Ray: what a request or job spent where, down to calls of models and tools, without content. Each start of a function
   * takes longer with it. To send spans to a collector elsewhere, set `OTEL_EXPORTER_OTLP_ENDPOINT` in `environment` in its place.
   * @default false
   */
  readonly traceCollector?: boolean
  /**
   * More variables of all functions, such as `PLINTH_ISSUERS` or `PLINTH_REGIONS`; Lambda takes 4 KB in all. A file that the former
   * names must lie in `api` and in `authorizer` of `handlerFolder`. Those on search have to be the same for the API and for documents.
   * @default - none
   */
  readonly environment?: Readonly<Record<string, string>>
}

const bundled: string[] = []

/** Bundles this Plinth's own handlers, and says how large they are. @returns the folder, of which CDK takes a copy, and which goes with the process. */
export function bundleNow(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-handlers-'))
  if (bundled.length === 0) process.once('exit', removeBundled)
  bundled.push(folder)
  for (const line of bundleSizes(bundleHandlers({ folder }))) console.error(line)
  return folder
}

function removeBundled(): void {
  for (const folder of bundled) rmSync(folder, { recursive: true, force: true })
}

/** What makes vectors, and so has to be the same for documents and for questions. */
export function embeddingVariables([first]: readonly string[]): Readonly<Record<string, string>> {
  return first === undefined ? {} : { PLINTH_EMBEDDING_MODEL: `bedrock/${first}` }
}

/** @throws InvalidInputError for a variable that a construct sets itself. */
export function checkVariables(
  { environment: more = {}, traceCollector }: CommonFunctionOptions,
  variables: Readonly<Record<string, string>>,
): void {
  const own = traceCollector ? { ...variables, ...collectorVariables } : variables
  const taken = Object.keys(more).find((name) => name in own)
  if (taken === undefined) return
  throw new InvalidInputError(`functions.environment can't set ${taken}, which the construct sets.`, {
    field: 'functions.environment',
  })
}

/** @throws InvalidInputError for a list that is there, and empty. */
export function checkModels(models: readonly string[] | undefined): void {
  if (models?.length === 0) throw new InvalidInputError('models must name at least one.', { field: 'models' })
}

/** @throws InvalidInputError for a list that is there, and empty. */
export function checkEmbeddingModels(embeddingModels: readonly string[] | undefined): void {
  if (embeddingModels?.length === 0)
    throw new InvalidInputError('embeddingModels must name at least one, or be left out.', { field: 'embeddingModels' })
}

/** @throws InvalidInputError for a concurrency that SQS or the lanes don't take, or less reserved than so many jobs need. */
export function checkConcurrency(
  { concurrency, reservedConcurrency }: { readonly concurrency: number; readonly reservedConcurrency?: number | undefined },
  { jobs, least, reason }: { readonly jobs: number; readonly least: number; readonly reason: string },
): void {
  if (!Number.isInteger(concurrency) || concurrency < least || concurrency > 1_000) {
    const message = `functions.concurrency must be a whole number from ${least} to 1000${reason}.`
    throw new InvalidInputError(message, { field: 'functions.concurrency' })
  }
  // With fewer, calls from the queues would be refused, and each refusal counts as a delivery.
  if (reservedConcurrency !== undefined && reservedConcurrency < jobs * concurrency) {
    const message = `functions.reservedConcurrency must be ${jobs * concurrency} or more: functions.concurrency for the queues of each of ${jobs} jobs.`
    throw new InvalidInputError(message, { field: 'functions.reservedConcurrency' })
  }
}
