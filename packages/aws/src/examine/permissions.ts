/** What `plinth doctor` asks of AWS. No SDK is imported here. @module */

/** The actions by which facts are looked up. None of them changes or makes anything. */
export const examineActions = [
  'sts:GetCallerIdentity',
  'dynamodb:DescribeTable',
  'dynamodb:DescribeTimeToLive',
  'dynamodb:DescribeContinuousBackups',
  'dynamodb:GetItem',
  'dynamodb:Query',
  's3:ListBucket',
  's3:GetBucketPublicAccessBlock',
  's3:GetEncryptionConfiguration',
  's3:GetBucketVersioning',
  's3:GetLifecycleConfiguration',
  'events:DescribeEventBus',
  'sqs:GetQueueUrl',
  'sqs:GetQueueAttributes',
  'kinesis:DescribeStreamSummary',
  'cloudwatch:GetMetricData',
  'kms:DescribeKey',
  'kms:GetKeyRotationStatus',
  'kms:Encrypt',
  'kms:ListAliases',
  'sns:GetTopicAttributes',
  'bedrock:GetFoundationModel',
  'bedrock:GetFoundationModelAvailability',
  'bedrock:GetInferenceProfile',
  'lambda:GetAccountSettings',
  'servicequotas:ListServiceQuotas',
] as const

export type ExamineAction = (typeof examineActions)[number]
