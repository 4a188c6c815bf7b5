import { z } from 'zod'
import { type PageQuery, pageFields, pageOf, pageOfAll } from '../define/forms.ts'
import { type AnyRoute, defineRoute } from '../define/route.ts'
import { PlinthError } from '../errors.ts'
import { type ModelEntry, type Models, priceNotKnown } from './catalogue.ts'

interface ModelListQuery extends PageQuery {
  readonly kind?: 'language' | 'embedding' | undefined
}

const modelForm = z.object({
  model_id: z.string(),
  kind: z.enum(['language', 'embedding', 'rerank']),
  is_default: z.boolean(),
  served_by: z.string(),
  provider: z.string(),
  context: z.number(),
  max_output: z.number(),
  lifecycle: z.object({
    status: z.enum(['active', 'legacy', 'retired']),
    retired: z.string().optional(),
    successor: z.string().optional(),
  }),
  price: z.object({
    input: z.number(),
    output: z.number(),
    date: z.string(),
    /** false: nobody told what it costs; input and output are 0 then, and so is the usd of its calls. */
    known: z.boolean(),
  }),
})

/** `GET /api/models`: the catalogue as this tenant has it, with what answers for each model and what it costs. */
export const modelsRoute: AnyRoute = defineRoute<Record<never, never>, ModelListQuery>({
  method: 'GET',
  path: '/api/models',
  permission: 'models:read',
  summary: 'The models that this tenant may use: its default first, then by name. Prices are USD per million tokens.',
  query: z.strictObject({ ...pageFields, kind: z.enum(['language', 'embedding']).optional() }),
  replies: { 200: { summary: 'A page.', body: pageOf(modelForm) } },
  async handle({ models }, { query }) {
    const shown = models
      .entries()
      .filter(({ kind }) => query.kind === undefined || kind === query.kind)
      .flatMap((entry) => show(models, entry))
    const ordered = shown.toSorted(
      (one, other) => Number(other.is_default) - Number(one.is_default) || (one.model_id < other.model_id ? -1 : 1),
    )
    return { status: 200, body: pageOfAll(ordered, query, ({ kind, model_id }) => `${kind} ${model_id}`) }
  },
})

/** Nothing for a model that may not be asked from here. */
function show(models: Models, { id, kind, provider, context, maxOutput, lifecycle, price }: ModelEntry): Shown[] {
  const servedBy = servedByOf(models, id, kind)
  if (servedBy === undefined) return []
  const { input, output, date, source } = price
  return [
    {
      model_id: id,
      kind,
      is_default: id === (kind === 'language' ? models.defaultModel : models.defaultEmbeddingModel),
      served_by: servedBy,
      provider,
      context,
      max_output: maxOutput,
      lifecycle,
      price: { input, output, date, known: source !== priceNotKnown },
    },
  ]
}

type Shown = z.infer<typeof modelForm>

function servedByOf(models: Models, id: string, kind: ModelEntry['kind']): string | undefined {
  try {
    if (kind === 'rerank') return id
    return (kind === 'language' ? models.resolve(id) : models.resolveEmbedding(id)).servedBy
  } catch (error) {
    if (PlinthError.is(error)) return undefined
    throw error
  }
}
