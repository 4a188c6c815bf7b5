import { type CostLine, type CostParts, has } from './cost-line.ts'

const tokensAPage = 500
const chunksAPage = 2
/** Of a chunk in Plinth's own segments, with a vector of 512 numbers (benchmarks/rag). */
const chunkGigabytes = 1_130 / 2 ** 30
const million = 1e6

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
  ]
}
