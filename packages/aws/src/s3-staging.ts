/**
 * Objects whose content is a stream: S3 wants an object's metadata before its first byte, and the hash is known after the last. So
 * the content goes to a name of its own first, in parts, and is copied within S3 to where it belongs, together with its hash.
 * A spool file would need gigabytes of disk, which a Lambda function doesn't have.
 * @module
 */
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { stagingPrefix } from './environment.ts'

/** Of one part on its way to S3; four are held in memory at once. What isn't larger goes in one request. */
export const partBytes: number = 8 * 1024 ** 2
/** Of one part that S3 copies by itself; the largest object has 160. */
const copyBytes = 32 * 1024 ** 2

export interface S3Place {
  readonly Bucket: string
  readonly Key: string
}

/** What a finished object is to be: its place, its metadata, and whether it may replace another. */
export type S3Target = S3Place & Pick<PutObjectCommandInput, 'Metadata' | 'IfNoneMatch'>

/** A place for content on its way. The bucket's rule removes what is older than a day there. */
export function stagingPlace(bucket: string, id: string): S3Place {
  return { Bucket: bucket, Key: stagingPrefix + id }
}

/** Sends content to a staging place in parts; whole or not at all. */
export async function stage(client: S3Client, place: S3Place, content: AsyncIterable<Uint8Array>): Promise<void> {
  const params = { ...place, Body: Readable.from(content) }
  await new Upload({ client, params, partSize: partBytes, queueSize: 4 }).done()
}

/** Copies what was staged to its target, in parts, for one copy of gigabytes takes minutes; whole or not at all. */
export async function copyStaged(client: S3Client, staged: S3Place, bytes: number, target: S3Target): Promise<void> {
  const { Bucket, Key, Metadata, IfNoneMatch } = target
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, Metadata }))
  const upload = { Bucket, Key, UploadId }
  try {
    const copies = Array.from({ length: Math.ceil(bytes / copyBytes) }, async (_, index): Promise<CompletedPart> => {
      const end = Math.min((index + 1) * copyBytes, bytes)
      const part = { PartNumber: index + 1, CopySourceRange: `bytes=${index * copyBytes}-${end - 1}` }
      const copy = new UploadPartCopyCommand({ ...upload, ...part, CopySource: `${staged.Bucket}/${staged.Key}` })
      return { PartNumber: part.PartNumber, ETag: (await client.send(copy)).CopyPartResult?.ETag }
    })
    const Parts = await Promise.all(copies)
    await client.send(new CompleteMultipartUploadCommand({ ...upload, IfNoneMatch, MultipartUpload: { Parts } }))
  } catch (error) {
    // Its parts would be paid for until someone removes them.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined)
    throw error
  }
}

/** Removes what was staged. What stays when it can't be done now is removed by the bucket's rule for `.incoming/`. */
export async function unstage(client: S3Client, place: S3Place): Promise<void> {
  await client.send(new DeleteObjectCommand(place)).catch(() => undefined)
}
