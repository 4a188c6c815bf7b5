import { AnyPrincipal, type Conditions, Effect, Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam'

/** For a role: these actions on these resources. */
export function allow(actions: readonly string[], resources: readonly string[], conditions: Conditions = {}): PolicyStatement {
  return new PolicyStatement({ actions: [...actions], resources: [...resources], conditions })
}

/** For a role: never these actions on these resources, whatever else allows them. */
export function deny(actions: readonly string[], resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({ effect: Effect.DENY, actions: [...actions], resources: [...resources] })
}

/** For a resource's own policy: refuses everybody to whom the conditions apply. */
export function denyEveryone(
  actions: readonly string[],
  on: { readonly resources?: readonly string[]; readonly notResources?: readonly string[] },
  conditions: Conditions,
): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: [...actions],
    ...(on.resources && { resources: [...on.resources] }),
    ...(on.notResources && { notResources: [...on.notResources] }),
    conditions,
  })
}

/** Gives somebody what the statements allow. */
export function grantAll(grantee: IGrantable, statements: readonly PolicyStatement[]): Grant {
  return statements
    .map(({ actions, resources, conditions }) => Grant.addToPrincipal({ grantee, actions, resourceArns: resources, conditions }))
    .reduce((all, one) => all.combine(one))
}
