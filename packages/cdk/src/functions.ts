import { join } from 'node:path'
import { Duration, type RemovalPolicy } from 'aws-cdk-lib'
import type { IVpc } from 'aws-cdk-lib/aws-ec2'
import { CfnRole, type IManagedPolicy, ManagedPolicy, type PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { type HandlerName, handlerNames, handlers } from './handlers.ts'

export interface HandlerFunctionsProps {
  /** A folder for each handler. */
  readonly handlerFolder: string
  readonly environment: Readonly<Record<string, string>>
  /** Of those who call models. The worker's is the seed's `BedrockAccess`. */
  readonly modelAccess: Readonly<Record<'api' | 'request-worker', PolicyDocument>>
  readonly logRetention: RetentionDays
  readonly removalPolicy: RemovalPolicy
  readonly vpc?: IVpc
  readonly reservedConcurrency?: number
}

/** The functions, each with a role and a log group of its own. */
export class HandlerFunctions extends Construct {
  readonly byName: Readonly<Record<HandlerName, LambdaFunction>>
  readonly roles: Readonly<Record<HandlerName, Role>>

  constructor(scope: Construct, id: string, props: HandlerFunctionsProps) {
    super(scope, id)
    const made = handlerNames.map((name) => [name, this.#make(name, props)] as const)
    this.byName = Object.fromEntries(made.map(([name, { code }]) => [name, code])) as Record<HandlerName, LambdaFunction>
    this.roles = Object.fromEntries(made.map(([name, { role }]) => [name, role])) as Record<HandlerName, Role>
  }

  #make(name: HandlerName, props: HandlerFunctionsProps): { readonly code: LambdaFunction; readonly role: Role } {
    const { summary, megabytes, timeoutSeconds, functionName } = handlers[name]
    const { handlerFolder, environment, logRetention: retention, removalPolicy, vpc, reservedConcurrency } = props
    const logGroup = new LogGroup(this, `${name}-log`, { retention, removalPolicy })
    const role = name === 'request-worker' ? this.#bedrockExecutionRole(props) : this.#role(name, logGroup, props)
    if (vpc) role.addManagedPolicy(managedPolicy('AWSLambdaVPCAccessExecutionRole'))
    const code = new LambdaFunction(this, name, {
      description: summary,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(join(handlerFolder, name)),
      handler: 'index.handler',
      memorySize: megabytes,
      timeout: Duration.seconds(timeoutSeconds),
      environment: { ...environment },
      tracing: Tracing.ACTIVE,
      role,
      logGroup,
      ...(functionName !== undefined && { functionName }),
      ...(vpc && { vpc }),
      ...(name === 'request-worker' &&
        reservedConcurrency !== undefined && { reservedConcurrentExecutions: reservedConcurrency }),
    })
    acknowledge(role, {
      'AwsSolutions-IAM5[Resource::*]':
        'X-Ray takes traces, KMS makes keys, and Textract reads images, for no resource in particular, and DynamoDB lists streams for none: AWS offers nothing narrower.',
    })
    return { code, role }
  }

  #role(name: HandlerName, logGroup: LogGroup, { modelAccess }: HandlerFunctionsProps): Role {
    const role = new Role(this, `${name}-role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      ...(name === 'api' && { inlinePolicies: { ModelAccess: modelAccess.api } }),
    })
    logGroup.grantWrite(role)
    return role
  }

  /** The seed's, with its logical id and its policies by their names (R122); but for exact models, not for all there are. */
  #bedrockExecutionRole({ modelAccess }: HandlerFunctionsProps): Role {
    const role = new Role(this, 'BedrockExecutionRole', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: [managedPolicy('AWSLambdaBasicExecutionRole')],
      inlinePolicies: { BedrockAccess: modelAccess['request-worker'] },
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
