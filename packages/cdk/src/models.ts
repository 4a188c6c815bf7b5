import { InvalidInputError, readGuardrail } from '@plinth/core'
import { ArnFormat, Stack } from 'aws-cdk-lib'
import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'

/**
 * The model of a stack that names none: it runs in every commercial Region, by a profile that may answer from any of them. Where
 * data may not leave a Region or a geography, name another.
 */
export const defaultModel = 'global.amazon.nova-2-lite-v1:0'

/** The Regions of each geography, to which its inference profiles may hand a call. */
const geographies: Readonly<Record<string, readonly string[]>> = {
  us: ['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2'],
  'us-gov': ['us-gov-east-1', 'us-gov-west-1'],
  ca: ['ca-central-1', 'ca-west-1'],
  eu: ['eu-central-1', 'eu-central-2', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-2', 'eu-west-3'],
  apac: [
    'ap-east-1',
    'ap-east-2',
    'ap-northeast-1',
    'ap-northeast-2',
    'ap-northeast-3',
    'ap-south-1',
    'ap-south-2',
    'ap-southeast-1',
    'ap-southeast-2',
    'ap-southeast-3',
    'ap-southeast-4',
    'ap-southeast-5',
    'ap-southeast-7',
  ],
  jp: ['ap-northeast-1', 'ap-northeast-3'],
  au: ['ap-southeast-2', 'ap-southeast-4'],
}

/** Converse asks for the first, ConverseStream for the second; embeddings are made by InvokeModel, and never streamed. */
const actionsOf = {
  models: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
  embeddingModels: ['bedrock:InvokeModel'],
} as const
const examples = { models: defaultModel, embeddingModels: 'amazon.titan-embed-text-v2:0' } as const
const form = /^(?:(?<profile>us|us-gov|ca|eu|apac|jp|au|global)\.)?(?<model>[a-z0-9-]+\.[\w.:-]+)$/

/** Ids of Bedrock, bare or with a profile's prefix, by the props that name them. */
export type ModelIds = Readonly<Partial<Record<keyof typeof actionsOf, readonly string[]>>>

export interface ModelAccess extends ModelIds {
  /** What functions are told as `PLINTH_BEDROCK_GUARDRAIL`: id or ARN, and version. @default - none, and so no leave to apply any */
  readonly guardrail?: string | undefined
}

/**
 * Leave to call exactly these models. Of an inference profile: the profile, and its model in the Regions to which it may hand a
 * call, but only by that profile. Without the latter calls fail, though not always. And leave to apply exactly the guardrail that
 * goes with these calls, without which they fail.
 * @throws InvalidInputError whose field is the prop that names what is no id, or the variable.
 */
export function modelAccess(scope: Construct, { models = [], embeddingModels = [], guardrail }: ModelAccess): PolicyDocument {
  return new PolicyDocument({
    statements: [
      ...models.flatMap((id) => statementsFor(scope, 'models', id)),
      ...embeddingModels.flatMap((id) => statementsFor(scope, 'embeddingModels', id)),
      ...(guardrail ? [guardrailStatement(scope, guardrail)] : []),
    ],
  })
}

function guardrailStatement(scope: Construct, text: string): PolicyStatement {
  const { identifier } = readGuardrail(text, 'PLINTH_BEDROCK_GUARDRAIL')
  const { region, account } = Stack.of(scope)
  const own = arn(scope, { region, account, resource: 'guardrail', name: identifier })
  return new PolicyStatement({
    actions: ['bedrock:ApplyGuardrail'],
    resources: [identifier.startsWith('arn:') ? identifier : own],
  })
}

function statementsFor(scope: Construct, field: keyof typeof actionsOf, id: string): PolicyStatement[] {
  const { profile, model } = form.exec(id)?.groups ?? {}
  if (model === undefined)
    throw new InvalidInputError(`${field} must be ids of Bedrock, such as ${examples[field]}, not "${id}".`, { field })
  const actions = [...actionsOf[field]]
  const stack = Stack.of(scope)
  const modelIn = (region: string): string => arn(scope, { region, account: '', resource: 'foundation-model', name: model })
  if (profile === undefined) return [new PolicyStatement({ actions, resources: [modelIn(stack.region)] })]
  const profileArn = arn(scope, { region: stack.region, account: stack.account, resource: 'inference-profile', name: id })
  // A global profile's call is handed on to no Region by name.
  const regions = profile === 'global' ? [stack.region, ''] : (geographies[profile] ?? [])
  return [
    new PolicyStatement({ actions, resources: [profileArn] }),
    new PolicyStatement({
      actions,
      resources: regions.map(modelIn),
      conditions: { StringEquals: { 'bedrock:InferenceProfileArn': profileArn } },
    }),
  ]
}

function arn(
  scope: Construct,
  { region, account, resource, name }: { region: string; account: string; resource: string; name: string },
): string {
  const parts = { service: 'bedrock', region, account, resource, resourceName: name, arnFormat: ArnFormat.SLASH_RESOURCE_NAME }
  return Stack.of(scope).formatArn(parts)
}
