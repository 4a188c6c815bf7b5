import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { absent, type Look, look } from './look.ts'

interface Bucket {
  readonly client: S3Client
  readonly bucket: string
}

/** In which region the bucket is; undefined where S3 doesn't tell. */
export function examineBucket({ client, bucket }: Bucket): Promise<Look<{ readonly region: string | undefined }>> {
  return look(async (call) => {
    const found = await call('s3:ListBucket', (abortSignal) =>
      client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal }).catch(elsewhere),
    )
    return { region: found.BucketRegion }
  })
}

/** S3 sends who asks in another region to the bucket's own. */
function elsewhere(error: unknown): { readonly BucketRegion: string } {
  const { $metadata, $response } = error as {
    readonly $metadata?: { readonly httpStatusCode?: number }
    readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
  }
  if ($metadata?.httpStatusCode !== 301) throw error
  return { BucketRegion: $response?.headers?.['x-amz-bucket-region'] ?? 'another region' }
}

/** Whether all ways to make it public are closed. */
export function examinePublicAccess({ client, bucket }: Bucket): Promise<Look<boolean>> {
  return look(async (call) => {
    const found = await call('s3:GetBucketPublicAccessBlock', (abortSignal) =>
      client
        .send(new GetPublicAccessBlockCommand({ Bucket: bucket }), { abortSignal })
        .catch(absent('NoSuchPublicAccessBlockConfiguration')),
    )
    const { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets } =
      found?.PublicAccessBlockConfiguration ?? {}
    return [BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets].every((closed) => closed === true)
  })
}

/** How S3 encrypts what it keeps, such as `AES256`; undefined where it doesn't say. */
export function examineBucketEncryption({ client, bucket }: Bucket): Promise<Look<string | undefined>> {
  return look(async (call) => {
    const found = await call('s3:GetEncryptionConfiguration', (abortSignal) =>
      client
        .send(new GetBucketEncryptionCommand({ Bucket: bucket }), { abortSignal })
        .catch(absent('ServerSideEncryptionConfigurationNotFoundError')),
    )
    return found?.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm
  })
}

/** Whether what is deleted or written over stays for a while. */
export function examineVersions({ client, bucket }: Bucket): Promise<Look<boolean>> {
  return look(async (call) => {
    const { Status } = await call('s3:GetBucketVersioning', (abortSignal) =>
      client.send(new GetBucketVersioningCommand({ Bucket: bucket }), { abortSignal }),
    )
    return Status === 'Enabled'
  })
}

/** What S3 removes by itself. */
export interface LifecycleFacts {
  /** Uploads that were never ended. */
  readonly uploads: boolean
  /** Versions that were replaced. */
  readonly versions: boolean
}

export function examineLifecycle({ client, bucket }: Bucket): Promise<Look<LifecycleFacts>> {
  return look(async (call) => {
    const found = await call('s3:GetLifecycleConfiguration', (abortSignal) =>
      client
        .send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }), { abortSignal })
        .catch(absent('NoSuchLifecycleConfiguration')),
    )
    const rules = (found?.Rules ?? []).filter(({ Status }) => Status === 'Enabled')
    return {
      uploads: rules.some(({ AbortIncompleteMultipartUpload: rule }) => rule?.DaysAfterInitiation !== undefined),
      versions: rules.some(({ NoncurrentVersionExpiration: rule }) => rule?.NoncurrentDays !== undefined),
    }
  })
}
