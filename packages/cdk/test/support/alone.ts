/** What the tests of constructs by themselves have in common. @module */
import { App, Stack } from 'aws-cdk-lib'
import { Table } from 'aws-cdk-lib/aws-dynamodb'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { Role } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { temporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import type { Template } from './synthesised.ts'

export const account = '111122223333'
export const arn = (service: string, name: string): string => `arn:aws:${service}:eu-central-1:${account}:${name}`

/** A stack of an app of its own, whose files go with the tests: CDK would leave those of one without an app. */
export function stackAlone(): Stack {
  const app = new App({ outdir: temporaryFolder(), context: { '@aws-cdk/core:validateAgainstDefaultRules': false } })
  return new Stack(app, 'Alone')
}

/** A stack with a construct alone. @param make makes it, and may use it. */
export function synthesiseAlone<Made>(make: (stack: Stack) => Made): { readonly made: Made; readonly template: Template } {
  const stack = stackAlone()
  const made = make(stack)
  return { made, template: App.of(stack)?.synth().getStackByName('Alone').template as Template }
}

/** A Plinth that is there already, as a pattern's `existing` takes it. */
export function existingIn(stack: Stack) {
  return {
    table: Table.fromTableArn(stack, 'Table', arn('dynamodb', 'table/rows')),
    bucket: Bucket.fromBucketName(stack, 'Bucket', 'own-objects'),
    key: Key.fromKeyArn(stack, 'Key', arn('kms', 'key/1')),
    deadLetters: Queue.fromQueueArn(stack, 'Dead', arn('sqs', 'plinth-dead')),
    relay: LambdaFunction.fromFunctionAttributes(stack, 'Relay', {
      functionArn: arn('lambda', 'function:relay'),
      role: Role.fromRoleArn(stack, 'RelayRole', `arn:aws:iam::${account}:role/relay`),
    }),
  }
}

/** Every option of a pattern's functions, but for the concurrency and the folder. */
export function functionOptionsIn(stack: Stack) {
  return {
    vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['a'],
      privateSubnetIds: ['subnet-0123456789abcdef0'],
    }),
    reservedConcurrency: 100,
    logRetention: RetentionDays.ONE_WEEK,
    environment: { PLINTH_SEARCH: 'segments' },
  }
}
