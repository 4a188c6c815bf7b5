/** Bodies of Bedrock Agent Runtime's Rerank, as its API reference has them (docs.aws.amazon.com/bedrock/latest/APIReference). @module */

type Body = Readonly<Record<string, unknown>>

interface RerankRequest {
  readonly queries: readonly { readonly type: string; readonly textQuery: { readonly text: string } }[]
  readonly rerankingConfiguration: {
    readonly type: string
    readonly bedrockRerankingConfiguration: {
      readonly numberOfResults?: number
      readonly modelConfiguration: { readonly modelArn: string; readonly additionalModelRequestFields?: object }
    }
  }
  readonly sources: readonly {
    readonly type: string
    readonly inlineDocumentSource: { readonly type: string; readonly textDocument?: { readonly text: string } }
  }[]
}

const arn = /^arn:aws(?:-[a-z]+)*:bedrock:[a-z0-9-]+::foundation-model\/(.+)$/
const longest = 32_000

/** The model's id, of its ARN. */
export function rerankModelOf(body: Body): string {
  const { modelArn = '' } =
    (body as Partial<RerankRequest>).rerankingConfiguration?.bedrockRerankingConfiguration?.modelConfiguration ?? {}
  return arn.exec(modelArn)?.[1] ?? modelArn
}

/** What in a request isn't allowed; nothing if it is right. */
export function rerankViolations(body: Body): string | undefined {
  const { queries = [], rerankingConfiguration, sources = [] } = body as Partial<RerankRequest>
  if (queries.length !== 1) return 'queries: fixed number of 1 item'
  if (queries[0]?.type !== 'TEXT' || !isText(queries[0]?.textQuery?.text)) return 'a query is a text'
  if (rerankingConfiguration?.type !== 'BEDROCK_RERANKING_MODEL') return 'type must be BEDROCK_RERANKING_MODEL'
  const { numberOfResults = 1 } = rerankingConfiguration.bedrockRerankingConfiguration
  if (numberOfResults < 1 || numberOfResults > 1_000) return 'numberOfResults is from 1 to 1000'
  if (!['amazon.rerank-v1:0', 'cohere.rerank-v3-5:0'].includes(rerankModelOf(body))) return 'The model ARN is invalid.'
  if (sources.length < 1 || sources.length > 1_000) return 'sources: 1 to 1000 items'
  const isSource = ({ type, inlineDocumentSource: source }: RerankRequest['sources'][number]): boolean =>
    type === 'INLINE' && source.type === 'TEXT' && isText(source.textDocument?.text)
  return sources.every(isSource) ? undefined : 'a source is an inline text'
}

/** Best first, no more than are asked for; here longer is better. */
export function rerankAnswer(body: Body): string {
  const { sources, rerankingConfiguration } = body as unknown as RerankRequest
  const results = sources
    .map(({ inlineDocumentSource: { textDocument } }, index) => ({
      index,
      relevanceScore: (textDocument?.text ?? '').length / 1_000,
    }))
    .sort((one, other) => other.relevanceScore - one.relevanceScore)
    .slice(0, rerankingConfiguration.bedrockRerankingConfiguration.numberOfResults)
  return JSON.stringify({ results })
}

function isText(text: unknown): boolean {
  return typeof text === 'string' && text.length >= 1 && text.length <= longest
}
