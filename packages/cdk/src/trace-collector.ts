import { InvalidInputError } from '@plinth/core'
import { Stack } from 'aws-cdk-lib'
import { AdotLambdaLayerGenericVersion, type Architecture, type ILayerVersion, LayerVersion } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import type { HandlerName } from './handlers.ts'

/** The functions that leave spans: those that answer or work. */
const traced: readonly HandlerName[] = [
  ...(['api', 'request-worker', 'document-worker', 'workflow-worker', 'execution-worker'] as const),
  ...(['stream-processor', 'insight-worker'] as const),
]

/** Where the collector beside a function listens, by its own default: OTLP over HTTP. */
export const collectorVariables = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' } as const

export function leavesSpans(name: HandlerName): boolean {
  return traced.includes(name)
}

/**
 * The layer of AWS's own collector (ADOT) in the Region of the scope's stack: by its default it hands spans on to X-Ray, for which functions
 * with active tracing have leave. https://aws-otel.github.io/docs/getting-started/lambda
 * @throws InvalidInputError for a Region for which AWS's CDK knows none.
 */
export function collectorLayer(scope: Construct, architecture: Architecture): ILayerVersion {
  try {
    const arn = AdotLambdaLayerGenericVersion.LATEST.layerArn(scope, architecture)
    return LayerVersion.fromLayerVersionArn(scope, 'trace-collector', arn)
  } catch (cause) {
    const message = `functions.traceCollector: there is no layer of AWS's collector in ${Stack.of(scope).region}.`
    throw new InvalidInputError(message, { field: 'functions.traceCollector', cause })
  }
}
