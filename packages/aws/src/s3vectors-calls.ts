import {
  CreateIndexCommand,
  DeleteIndexCommand,
  DeleteVectorsCommand,
  PutVectorsCommand,
  type QueryOutputVector,
  QueryVectorsCommand,
  type S3VectorsClient,
} from '@aws-sdk/client-s3vectors'
import { isFault, unavailable } from './aws-fault.ts'
import type { PutVersion } from './s3vectors-manifest.ts'
import type { VectorFilter, VectorMetadata } from './s3vectors-metadata.ts'

export interface KeyedVector {
  readonly key: string
  readonly values: Float32Array
  readonly metadata: VectorMetadata
}

/** Of one call of PutVectors or DeleteVectors. */
const vectorsACall = 500
/** A call's payload is at most 20 MiB; a number takes up to 22 characters, the metadata of a vector at most 3 KB. */
const payloadBytes = 16 * 1024 ** 2
const numberBytes = 22
const metadataBytes = 3_000
/** The most that QueryVectors gives. */
export const mostNearest = 100

/** A vector's key; no part of it has a slash. */
export function vectorKey({ document, version, put }: PutVersion, ordinal: number): string {
  return `${document}/${version}/${ordinal}/${put}`
}

/** The calls of S3 Vectors that an index needs, on one vector bucket. */
export class VectorCalls {
  readonly #client: S3VectorsClient
  readonly #bucket: string

  constructor(client: S3VectorsClient, bucket: string) {
    this.#client = client
    this.#bucket = bucket
  }

  async createIndex(indexName: string, dimension: number): Promise<void> {
    const command = new CreateIndexCommand({
      vectorBucketName: this.#bucket,
      indexName,
      dataType: 'float32',
      dimension,
      distanceMetric: 'cosine',
      metadataConfiguration: { nonFilterableMetadataKeys: ['start', 'end'] },
    })
    try {
      await this.#client.send(command)
    } catch (error) {
      if (!isFault(error, 'ConflictException')) throw unavailable(error, 's3vectors:CreateIndex')
    }
  }

  async deleteIndex(indexName: string): Promise<void> {
    try {
      await this.#client.send(new DeleteIndexCommand({ vectorBucketName: this.#bucket, indexName }))
    } catch (error) {
      if (!isFault(error, 'NotFoundException')) throw unavailable(error, 's3vectors:DeleteIndex')
    }
  }

  /** How many vectors of so many dimensions go in one call. */
  atOnce(dimensions: number): number {
    return Math.max(1, Math.min(vectorsACall, Math.floor(payloadBytes / (dimensions * numberBytes + metadataBytes))))
  }

  /** At most {@link VectorCalls.atOnce}; they are found when it resolves (S3 Vectors' writes are strongly consistent). */
  async put(indexName: string, vectors: readonly KeyedVector[]): Promise<void> {
    const command = new PutVectorsCommand({
      vectorBucketName: this.#bucket,
      indexName,
      vectors: vectors.map(({ key, values, metadata }) => ({ key, data: { float32: Array.from(values) }, metadata })),
    })
    try {
      await this.#client.send(command)
    } catch (error) {
      throw unavailable(error, 's3vectors:PutVectors')
    }
  }

  /** All vectors of a version; an index that is gone has none. */
  async remove(indexName: string, version: PutVersion, chunks: number): Promise<void> {
    for (let start = 0; start < chunks; start += vectorsACall) {
      const length = Math.min(vectorsACall, chunks - start)
      const keys = Array.from({ length }, (_, index) => vectorKey(version, start + index))
      try {
        await this.#client.send(new DeleteVectorsCommand({ vectorBucketName: this.#bucket, indexName, keys }))
      } catch (error) {
        if (isFault(error, 'NotFoundException')) return
        throw unavailable(error, 's3vectors:DeleteVectors')
      }
    }
  }

  async nearest(
    indexName: string,
    query: { readonly values: Float32Array; readonly filter: VectorFilter; readonly limit: number },
  ): Promise<readonly QueryOutputVector[]> {
    const found: QueryOutputVector[] = []
    const topK = Math.min(query.limit, mostNearest)
    for (let nextToken: string | undefined; ; ) {
      const command = new QueryVectorsCommand({
        vectorBucketName: this.#bucket,
        indexName,
        topK,
        queryVector: { float32: Array.from(query.values) },
        filter: query.filter,
        returnDistance: true,
        returnMetadata: true,
        nextToken,
      })
      try {
        const page = await this.#client.send(command)
        found.push(...(page.vectors ?? []))
        nextToken = page.nextToken
      } catch (error) {
        throw unavailable(error, 's3vectors:QueryVectors')
      }
      if (nextToken === undefined) return found
    }
  }
}
