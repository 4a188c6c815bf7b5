import { type CostLine, type CostParts, has } from './cost-line.ts'
import { searchUsd, vectorBytes, vectorsUsd } from './formulas.ts'

const tokensAPage = 500
const chunksAPage = 2
/** Of a chunk in Plinth's own segments, with a vector of 512 numbers (benchmarks/rag). */
const chunkGigabytes = 1_130 / 2 ** 30
const million = 1e6
/** Of a vector in another engine than ours: what the model of the worked example S2 makes. */
const dimensions = 1_024
/** Units of compute that OpenSearch Serverless keeps for a collection, and what one holds of an index (6 GB, with room for work). */
const leastUnits = 2
const unitGigabytes = 4

/** What documents cost: once, to be read, and each month what changed. */
export function knowledgeLines(parts: CostParts): readonly CostLine[] {
  if (!has(parts, 'rag')) return []
  const { profile, usd, embedding } = parts
  const { documents, pages, scanned_share: scanned, changes_per_month: changes } = profile.knowledge
  const changed = documents === 0 ? 0 : (changes * pages) / documents
  const vectors = (count: number): number => (count * tokensAPage * embedding.input) / million
  const reading = (count: number): number => count * scanned * usd('pageRead')
  const line = (kind: CostLine['kind'], service: string, what: string, amount: number): CostLine => ({
    service,
    what,
    kind,
    usd: amount,
  })
  return [
    line('one_off', 'Bedrock', 'vectors of all documents', vectors(pages)),
    line('one_off', 'Textract', 'scanned pages', reading(pages)),
    line('variable', 'Bedrock', 'vectors of what changes', vectors(changed)),
    line('variable', 'Textract', 'scanned pages of what changes', reading(changed)),
    line('variable', 'S3', 'documents and their index', pages * chunksAPage * chunkGigabytes * usd('objectGigabyteMonth')),
    ...engineLines(parts, changed),
  ]
}

/** What another engine than our own segments costs. All lie in one index, as if: many small ones are looked through for less. */
function engineLines({ profile, usd }: CostParts, changed: number): readonly CostLine[] {
  const { pages, vector_store: store } = profile.knowledge
  const vectors = pages * chunksAPage
  if (store === 'segments') return []
  if (store === 's3-vectors') {
    const use = { vectors, indexes: 1, dimensions, queries: profile.requests_per_month, put: changed * chunksAPage }
    return [{ service: 'S3 Vectors', what: 'vectors and queries', kind: 'variable', usd: vectorsUsd(usd, use) }]
  }
  const gigabytes = (vectors * vectorBytes(dimensions).kept) / 2 ** 30
  const units = Math.max(leastUnits, Math.ceil(gigabytes / unitGigabytes))
  return [
    { service: 'OpenSearch', what: 'units of compute, idle or not', kind: 'fixed', usd: searchUsd(usd, { units, gigabytes: 0 }) },
    { service: 'OpenSearch', what: 'vectors that are kept', kind: 'variable', usd: searchUsd(usd, { units: 0, gigabytes }) },
  ]
}
