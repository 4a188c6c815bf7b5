import { eventDriven } from '@plinth/core'
import { Duration, type RemovalPolicy } from 'aws-cdk-lib'
import {
  AccessLogField,
  AccessLogFormat,
  AuthorizationType,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RequestAuthorizer,
  ResponseTransferMode,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { addGatewayResponses } from './gateway-responses.ts'
import { handlers } from './handlers.ts'

/** How many requests API Gateway lets through, of all tenants together. */
export interface Throttle {
  readonly requestsPerSecond: number
  /** So many at once. */
  readonly burst: number
}

export interface HttpApiProps {
  readonly server: IFunction
  readonly authorizer: IFunction
  readonly throttle: Throttle
  readonly logRetention: RetentionDays
  readonly removalPolicy: RemovalPolicy
}

const stageName = 'live'

/** Paths that no one enters without a token, with what lies below them. */
export const guardedPaths: readonly string[] = ['api', 'v1', 'model', 'mcp', 'metrics', 'openapi.json']
/** The exception: here a token is handed in. */
export const signInPath = 'api/session'

/**
 * The REST API in front of the server: the kind that streams responses, takes a WAF, and has the metrics of R123 under its name.
 * Its paths say only where a token is needed; the server knows the routes.
 */
export function createApi(scope: Construct, props: HttpApiProps): RestApi {
  const { throttle, logRetention: retention, removalPolicy } = props
  const accessLog = new LogGroup(scope, 'AccessLog', { retention, removalPolicy })
  const api = new RestApi(scope, 'Api', {
    restApiName: `${eventDriven.name}-api`,
    description: eventDriven.summary,
    endpointConfiguration: { types: [EndpointType.REGIONAL] },
    // Files come as they are.
    binaryMediaTypes: ['*/*'],
    // Without it API Gateway writes no logs. It is a setting of the whole account and Region, so it stays when the stack goes.
    cloudWatchRole: true,
    deployOptions: {
      stageName,
      throttlingRateLimit: throttle.requestsPerSecond,
      throttlingBurstLimit: throttle.burst,
      tracingEnabled: true,
      metricsEnabled: true,
      // Errors alone, and never a body.
      loggingLevel: MethodLoggingLevel.ERROR,
      dataTraceEnabled: false,
      accessLogDestination: new LogGroupLogDestination(accessLog),
      accessLogFormat: AccessLogFormat.custom(JSON.stringify(accessLogFields)),
    },
  })
  // API Gateway would make it itself, and keep it for ever.
  const errors = new LogGroup(scope, 'ExecutionLog', {
    logGroupName: `API-Gateway-Execution-Logs_${api.restApiId}/${stageName}`,
    retention,
    removalPolicy,
  })
  // Before the first request, which would make it.
  const { defaultChild: stage } = api.deploymentStage.node
  stage?.node.addDependency(errors)
  // The stack says the address under a name of its own.
  api.node.tryRemoveChild('Endpoint')
  addGatewayResponses(api)
  addMethods(api, props)
  acknowledge(api, {
    'AwsSolutions-APIG2': 'The server checks every body against the schema of its route, and answers as the contract says.',
    'AwsSolutions-APIG3':
      'SecureMultiTenant puts a web ACL in front of the stage. Without it an account chooses its own, as one costs 5 USD a month and more.',
    'AwsSolutions-APIG4':
      'Open by contract: health, the key set, sign-in and the console. The server checks every other path again.',
    'AwsSolutions-COG4': 'Tokens may come from any issuer that a tenant trusts, so a function of ours checks them, not Cognito.',
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
      'The policy that AWS asks for so that API Gateway may write logs.',
  })
  return api
}

const accessLogFields = {
  time: AccessLogField.contextRequestTime(),
  request_id: AccessLogField.contextRequestId(),
  trace_id: AccessLogField.contextXrayTraceId(),
  ip: AccessLogField.contextIdentitySourceIp(),
  method: AccessLogField.contextHttpMethod(),
  path: AccessLogField.contextPath(),
  status: AccessLogField.contextStatus(),
  error: AccessLogField.contextErrorResponseType(),
  tenant_id: AccessLogField.contextAuthorizer('tenant_id'),
  bytes: AccessLogField.contextResponseLength(),
  milliseconds: AccessLogField.contextResponseLatency(),
}

function addMethods(api: RestApi, { server, authorizer }: HttpApiProps): void {
  const integration = new LambdaIntegration(server, {
    responseTransferMode: ResponseTransferMode.STREAM,
    timeout: Duration.seconds(handlers.api.timeoutSeconds),
    // One permission for the whole API, not two for each method.
    scopePermissionToMethod: false,
  })
  const gate = new RequestAuthorizer(api, 'Authorizer', {
    handler: authorizer,
    // A request must bring all sources that are named here, and some paths take a key or a cookie in the token's place. Without
    // a source there can be no cache; with one, an answer would outlive what it was about.
    identitySources: [],
    resultsCacheTtl: Duration.seconds(0),
  })
  const open = { authorizationType: AuthorizationType.NONE }
  const withToken = {
    authorizationType: AuthorizationType.CUSTOM,
    authorizer: gate,
  }
  api.root.addMethod('ANY', integration, open)
  api.root.addResource('{path+}').addMethod('ANY', integration, open)
  for (const name of guardedPaths) {
    const resource = api.root.addResource(name)
    resource.addMethod('ANY', integration, withToken)
    resource.addResource('{path+}').addMethod('ANY', integration, withToken)
  }
  api.root.resourceForPath(signInPath).addMethod('ANY', integration, open)
}
