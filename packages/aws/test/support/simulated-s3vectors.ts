import { Answering, awsError, type GivenAnswer, onlyOnAnAccount, type SentRequest } from './answering.ts'

type Metadata = Readonly<Record<string, unknown>>
interface Vector {
  readonly values: readonly number[]
  readonly metadata: Metadata
}
interface Index {
  readonly dimension: number
  readonly unfiltered: readonly string[]
  readonly vectors: Map<string, Vector>
}

const doubled = onlyOnAnAccount(
  's3vectors:CreateIndex',
  's3vectors:DeleteIndex',
  's3vectors:PutVectors',
  's3vectors:DeleteVectors',
  's3vectors:QueryVectors',
)

/**
 * The calls of S3 Vectors that an index uses, on one vector bucket, behind the SDK's request handler: as its documentation says, limits
 * included, for moto doesn't query. It finds exactly, filters first, and answers queries in pages of 30.
 */
export class SimulatedS3Vectors {
  readonly bucket = 'vectors'
  readonly indexes: Map<string, Index> = new Map()
  readonly handler: Answering
  /** Refuses, or lets something else happen first. */
  before: (request: SentRequest) => GivenAnswer | undefined | Promise<GivenAnswer | undefined> = () => undefined

  constructor() {
    this.handler = new Answering(doubled, async (request) => (await this.before(request)) ?? this.#answer(request))
  }

  vectorCount(): number {
    return [...this.indexes.values()].reduce((sum, { vectors }) => sum + vectors.size, 0)
  }

  #answer({ operation, body }: SentRequest): GivenAnswer {
    if (body.byteLength > 20 * 1024 ** 2) return awsError('ValidationException')
    const asked = JSON.parse(body.toString())
    if (asked.vectorBucketName !== this.bucket) return awsError('NotFoundException', 404)
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(asked.indexName)) return awsError('ValidationException')
    if (operation === 'CreateIndex') return this.#create(asked)
    const index = this.indexes.get(asked.indexName)
    if (!index) return awsError('NotFoundException', 404)
    switch (operation) {
      case 'DeleteIndex':
        this.indexes.delete(asked.indexName)
        return {}
      case 'PutVectors':
        return put(index, asked.vectors)
      case 'DeleteVectors':
        if (asked.keys.length < 1 || asked.keys.length > 500) return awsError('ValidationException')
        for (const key of asked.keys) index.vectors.delete(key)
        return {}
      case 'QueryVectors':
        return query(index, asked)
      default:
        return awsError('UnknownOperationException')
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: JSON as it was sent
  #create({ indexName, dimension, distanceMetric, dataType, metadataConfiguration }: any): GivenAnswer {
    if (this.indexes.has(indexName)) return awsError('ConflictException', 409)
    if (distanceMetric !== 'cosine' || dataType !== 'float32') return awsError('ValidationException')
    if (dimension < 1 || dimension > 4096) return awsError('ValidationException')
    const unfiltered = metadataConfiguration?.nonFilterableMetadataKeys ?? []
    this.indexes.set(indexName, { dimension, unfiltered, vectors: new Map() })
    return { body: { indexArn: `arn:aws:s3vectors:eu-central-1:123456789012:bucket/vectors/index/${indexName}` } }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: JSON as it was sent
function put(index: Index, vectors: any[]): GivenAnswer {
  if (vectors.length < 1 || vectors.length > 500) return awsError('ValidationException')
  for (const { key, data, metadata } of vectors) {
    const filterable = Object.entries(metadata).filter(([name]) => !index.unfiltered.includes(name))
    const bad =
      key.length < 1 ||
      key.length > 1024 ||
      data.float32.length !== index.dimension ||
      data.float32.every((value: number) => value === 0) ||
      Object.keys(metadata).length > 50 ||
      Object.values(metadata).some((value) => Array.isArray(value) && value.length === 0) ||
      Buffer.byteLength(JSON.stringify(Object.fromEntries(filterable))) > 2048
    if (bad) return awsError('ValidationException')
  }
  for (const { key, data, metadata } of vectors) index.vectors.set(key, { values: data.float32, metadata })
  return {}
}

// biome-ignore lint/suspicious/noExplicitAny: JSON as it was sent
function query(index: Index, { topK, queryVector, filter, nextToken, returnDistance, returnMetadata }: any): GivenAnswer {
  const bad = topK < 1 || topK > 100 || queryVector.float32.length !== index.dimension || constraintsOf(filter) > 100
  if (bad) return awsError('ValidationException')
  const all = [...index.vectors]
    .filter(([, { metadata }]) => matches(metadata, filter))
    .map(([key, { values, metadata }]) => {
      const distance = 1 - cosine(values, queryVector.float32)
      return { key, ...(returnDistance ? { distance } : {}), ...(returnMetadata ? { metadata } : {}) }
    })
    .sort((left, right) => Number(left.distance) - Number(right.distance))
    .slice(0, topK)
  const start = Number(nextToken ?? 0)
  const vectors = all.slice(start, start + 30)
  return { body: { vectors, distanceMetric: 'cosine', ...(start + 30 < all.length ? { nextToken: String(start + 30) } : {}) } }
}

/** Only what its documentation has: `$and`, and of single values `$in`, which meets any item of a list, and `$nin`. */
// biome-ignore lint/suspicious/noExplicitAny: JSON as it was sent
function matches(metadata: Metadata, filter: any): boolean {
  return Object.entries(filter ?? {}).every(([name, condition]) => {
    if (name === '$and') return (condition as unknown[]).every((inner) => matches(metadata, inner))
    const [[operator, given] = ['', undefined]] = Object.entries(condition as Metadata)
    if (name.startsWith('$') || !/^\$n?in$/.test(operator) || !Array.isArray(given) || given.length === 0)
      throw new Error('This is no filter of S3 Vectors.')
    return [metadata[name]].flat().some((item) => given.includes(item)) === (operator === '$in')
  })
}

function constraintsOf(filter: unknown): number {
  if (Array.isArray(filter)) return filter.reduce((sum: number, item) => sum + constraintsOf(item), 0)
  if (typeof filter !== 'object' || filter === null) return 1
  return constraintsOf(Object.values(filter))
}

function cosine(left: readonly number[], right: readonly number[]): number {
  let [product, ofLeft, ofRight] = [0, 0, 0]
  for (const [at, value] of left.entries()) {
    const other = right[at] ?? 0
    product += value * other
    ofLeft += value * value
    ofRight += other * other
  }
  return product / Math.sqrt(ofLeft * ofRight)
}
