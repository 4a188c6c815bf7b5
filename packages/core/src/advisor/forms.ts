/** What the route takes and gives, as OpenAPI says it. @module */
import { z } from 'zod'
import { patternNames } from '../define/pattern.ts'
import { type GivenPrices, givenPricesForm } from './given-prices.ts'
import { type Answers, answersForm } from './profile.ts'

export interface AdviceRequest {
  readonly profile: Answers
  readonly prices?: GivenPrices
}

export const adviceBody: z.ZodType<AdviceRequest> = z.strictObject({
  profile: answersForm,
  prices: givenPricesForm.exactOptional(),
})

const pattern = z.enum(patternNames)
const patternOrNone = z.enum([...patternNames, 'none'])
const kind = z.enum(['fixed', 'variable', 'one_off'])
const text = z.string()
const usd = z.number()
const texts = z.array(text)
const matrix = z.object({ pattern, use_case: text, complexity: text, scalability: text, cost: text, best_for: text })
const varied = z.object({ value: z.number(), likely: usd, ratio: z.number(), clamped: z.boolean() })

const cost = z.object({
  ...{ min: usd, likely: usd, max: usd, fixed: usd, variable: usd, one_off: usd },
  lines: z.array(z.object({ service: text, what: text, kind, usd, prices: texts, old_price: z.boolean() })),
  by_service: z.array(z.object({ service: text, usd, share: z.number() })),
  ...{ per_request: usd.nullable(), per_tenant: usd, largest_tenant: usd },
  drivers: z.array(z.object({ service: text, what: text, usd, share: z.number() })),
  sensitivity: z.array(z.object({ field: text, value: z.number(), halved: varied, doubled: varied })),
  variants: z.array(z.object({ name: text, what: text, likely: usd, saving: usd, gives_up: text, source: text.exactOptional() })),
  ...{ within_budget: z.boolean().nullable(), max_within_budget: z.boolean().nullable() },
})

const quota = z.object({
  ...{ tokens_per_minute: z.number(), reserved_tokens: z.number(), settled_tokens: z.number() },
  ...{ sustainable_requests_per_minute: z.number(), concurrency: z.number(), needed_requests_per_minute: z.number() },
  stream_tokens_per_minute: z.number(),
  needs_rise: z.boolean(),
})

const risk = z.object({
  ...{ id: text, severity: text, risk: text, what_to_do: text },
  lens: z.array(z.looseObject({})),
  runbook: text.exactOptional(),
})

export const adviceForm: z.ZodType = z.object({
  ranking: z.array(z.object({ pattern, score: z.number(), reasons: texts, matrix })),
  composition: z.object({ primary: patternOrNone, secondary: z.array(pattern), reasons: texts }),
  changes: z.array(z.object({ pattern: patternOrNone, field: text.nullable(), from: z.unknown(), to: z.unknown() })),
  ...{ cost, quota },
  risks: z.array(risk),
  roadmap: z.array(
    z.looseObject({ phase: z.number(), name: text, tasks: z.array(z.object({ goal: text, task: text, how: text })) }),
  ),
  assumptions: z.array(z.object({ field: text, value: z.unknown() })),
  flags: z.array(z.object({ field: text, value: z.unknown(), detail: text })),
  prices: z.array(
    z.object({
      ...{ name: text, usd, per: text, date: text.nullable(), region: text.nullable(), source: text, old: z.boolean() },
    }),
  ),
  notes: texts,
  profile: answersForm,
})
