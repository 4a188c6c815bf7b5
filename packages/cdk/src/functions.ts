import { join } from 'node:path'
import { Duration, type RemovalPolicy } from 'aws-cdk-lib'
import type { IVpc } from 'aws-cdk-lib/aws-ec2'
import { CfnRole, type IManagedPolicy, ManagedPolicy, type PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, type ILayerVersion, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { type HandlerName, handlers } from './handlers.ts'
import { collectorLayer, collectorVariables, leavesSpans } from './trace-collector.ts'

export interface HandlerFunctionsProps<Name extends HandlerName> {
  readonly names: readonly Name[]
  /** A folder for each handler. */
  readonly handlerFolder: string
  readonly environment: Readonly<Record<string, string>>
  /** More for one of them, in place of that for all. @default - none */
  readonly ownEnvironment?: Readonly<Partial<Record<Name, Readonly<Record<string, string>>>>>
  /** Of those who call models. That of `request-worker` is the seed's `BedrockAccess`. */
  readonly modelAccess: Readonly<Partial<Record<Name, PolicyDocument>>>
  readonly logRetention: RetentionDays
  readonly removalPolicy: RemovalPolicy
  readonly vpc?: IVpc
  /** Whether AWS's collector lies beside those that leave spans. @default false */
  readonly traceCollector?: boolean
  /** Functions of the account that these alone use, and at most so many of them. */
  readonly reservedConcurrency?: Readonly<Partial<Record<Name, number>>>
}

const architecture = Architecture.ARM_64

/** The functions, each with a role and a log group of its own. */
export class HandlerFunctions<Name extends HandlerName> extends Construct {
  readonly byName: Readonly<Record<Name, LambdaFunction>>
  readonly roles: Readonly<Record<Name, Role>>

  constructor(scope: Construct, id: string, props: HandlerFunctionsProps<Name>) {
    super(scope, id)
    const collector = props.traceCollector && props.names.some(leavesSpans) ? collectorLayer(this, architecture) : undefined
    const made = props.names.map((name) => [name, this.#make(name, props, collector)] as const)
    this.byName = Object.fromEntries(made.map(([name, { code }]) => [name, code])) as Record<Name, LambdaFunction>
    this.roles = Object.fromEntries(made.map(([name, { role }]) => [name, role])) as Record<Name, Role>
  }

  #make(
    name: Name,
    props: HandlerFunctionsProps<Name>,
    collector: ILayerVersion | undefined,
  ): { readonly code: LambdaFunction; readonly role: Role } {
    const { summary, megabytes, timeoutSeconds, functionName } = handlers[name]
    const { handlerFolder, environment, logRetention: retention, removalPolicy, vpc } = props
    const reserved = props.reservedConcurrency?.[name]
    const layer = leavesSpans(name) ? collector : undefined
    const logGroup = new LogGroup(this, `${name}-log`, { retention, removalPolicy })
    const access = props.modelAccess[name]
    const role = name === 'request-worker' ? this.#bedrockExecutionRole(access) : this.#role(name, logGroup, access)
    if (vpc) role.addManagedPolicy(managedPolicy('AWSLambdaVPCAccessExecutionRole'))
    const code = new LambdaFunction(this, name, {
      description: summary,
      runtime: Runtime.NODEJS_24_X,
      architecture,
      code: Code.fromAsset(join(handlerFolder, name)),
      handler: 'index.handler',
      memorySize: megabytes,
      timeout: Duration.seconds(timeoutSeconds),
      environment: { ...environment, ...props.ownEnvironment?.[name], ...(layer && collectorVariables) },
      tracing: Tracing.ACTIVE,
      role,
      logGroup,
      ...(functionName !== undefined && { functionName }),
      ...(layer && { layers: [layer] }),
      ...(vpc && { vpc }),
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
    })
    acknowledge(role, {
      'AwsSolutions-IAM5[Resource::*]':
        'X-Ray takes traces, KMS makes keys, and Textract reads images, for no resource in particular, and DynamoDB lists streams for none: AWS offers nothing narrower.',
    })
    return { code, role }
  }

  #role(name: Name, logGroup: LogGroup, access: PolicyDocument | undefined): Role {
    const role = new Role(this, `${name}-role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      ...(access && !access.isEmpty && { inlinePolicies: { ModelAccess: access } }),
    })
    logGroup.grantWrite(role)
    return role
  }

  /** The seed's, with its logical id and its policies by their names (R122); but for exact models, not for all there are. */
  #bedrockExecutionRole(access: PolicyDocument | undefined): Role {
    const role = new Role(this, 'BedrockExecutionRole', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: [managedPolicy('AWSLambdaBasicExecutionRole')],
      ...(access && { inlinePolicies: { BedrockAccess: access } }),
    })
    const { defaultChild } = role.node
    if (defaultChild instanceof CfnRole) defaultChild.overrideLogicalId('BedrockExecutionRole')
    acknowledge(role, {
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
        'The role of the seed has this policy by contract; it writes logs and does nothing else.',
    })
    return role
  }
}

function managedPolicy(name: string): IManagedPolicy {
  return ManagedPolicy.fromAwsManagedPolicyName(`service-role/${name}`)
}
