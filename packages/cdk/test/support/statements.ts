import { ofType, type Template } from './synthesised.ts'

/** One statement of a policy, with lists where the template may have single values. */
export interface Statement {
  /** The logical id of the policy, or of the role or resource that holds it. */
  readonly where: string
  /** Of a policy for roles: their logical ids. */
  readonly roles: readonly string[]
  readonly effect: string
  readonly actions: readonly string[]
  /** As in the template. */
  readonly resources: readonly unknown[]
  /** Where the statement is for all but these. */
  readonly notResources: readonly unknown[]
  /** Of a resource's own policy. */
  readonly principal?: unknown
  readonly conditions: unknown
}

interface RawStatement {
  readonly Effect: string
  readonly Action?: string | readonly string[]
  readonly Resource?: unknown
  readonly NotResource?: unknown
  readonly Principal?: unknown
  readonly Condition?: unknown
}

interface RawDocument {
  readonly Statement: readonly RawStatement[]
}

/** What roles are allowed and denied: their inline policies and those that are attached to them. */
export function roleStatements(template: Template): readonly Statement[] {
  // CDK puts what one policy has no room for into managed ones.
  const policies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) => ofType(template, type))
  const attached = policies.flatMap(([where, { PolicyDocument, Roles }]) =>
    statements(
      where,
      (Roles as { Ref: string }[]).map(({ Ref }) => Ref),
      PolicyDocument as RawDocument,
    ),
  )
  const inline = ofType(template, 'AWS::IAM::Role').flatMap(([role, { Policies = [] }]) =>
    (Policies as { PolicyDocument: RawDocument }[]).flatMap(({ PolicyDocument }) => statements(role, [role], PolicyDocument)),
  )
  return [...attached, ...inline]
}

/** What the policies of queues, buckets, keys and tables say. */
export function resourceStatements(template: Template): readonly Statement[] {
  const policies = [
    ...ofType(template, 'AWS::SQS::QueuePolicy').map(([where, { PolicyDocument }]) => [where, PolicyDocument] as const),
    ...ofType(template, 'AWS::S3::BucketPolicy').map(([where, { PolicyDocument }]) => [where, PolicyDocument] as const),
    ...ofType(template, 'AWS::KMS::Key').map(([where, { KeyPolicy }]) => [where, KeyPolicy] as const),
    ...ofType(template, 'AWS::DynamoDB::Table').flatMap(([where, { ResourcePolicy }]) =>
      ResourcePolicy ? [[where, (ResourcePolicy as { PolicyDocument: unknown }).PolicyDocument] as const] : [],
    ),
  ]
  return policies.flatMap(([where, document]) => statements(where, [], document as RawDocument))
}

function statements(where: string, roles: readonly string[], { Statement }: RawDocument): readonly Statement[] {
  return Statement.map(({ Effect, Action = [], Resource = [], NotResource = [], Principal, Condition }) => ({
    where,
    roles,
    effect: Effect,
    actions: [Action].flat(),
    resources: [Resource].flat(),
    notResources: [NotResource].flat(),
    conditions: Condition,
    principal: Principal,
  }))
}
