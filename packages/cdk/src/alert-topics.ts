import { alertTopicName } from '@plinth/aws/environment'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Alias } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'

/**
 * A topic for each type of alerts, named by contract (R82). Those of all tenants are published there, with what they are about: they are
 * for whoever runs Plinth. A subscription's filter on the attribute `tenant_id` lets through one tenant's.
 */
export class AlertTopics extends Construct {
  readonly byType: ReadonlyMap<string, Topic>

  constructor(scope: Construct, id: string, { types }: { readonly types: readonly string[] }) {
    super(scope, id)
    // AWS's own key: subscribers of the account need no grant of it, and it costs nothing by the month.
    const masterKey = Alias.fromAliasName(this, 'Key', 'alias/aws/sns')
    const topicOf = (type: string) => new Topic(this, type, { topicName: alertTopicName(type), masterKey, enforceSSL: true })
    this.byType = new Map(types.map((type) => [type, topicOf(type)]))
  }

  /** Lets somebody publish alerts of these types, and no others. */
  grantPublish(grantee: IGrantable): Grant {
    const resourceArns = [...this.byType.values()].map(({ topicArn }) => topicArn)
    return Grant.addToPrincipal({ grantee, actions: ['sns:Publish'], resourceArns })
  }
}
