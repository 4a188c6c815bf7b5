/** What a plan is: the words of a plan's JSON, as models, callers and the journal hold it. @module */
import { z } from 'zod'
import { numberBetween, wholeNumber } from '../../define/forms.ts'
import type { JsonObject } from '../../json.ts'

/** What becomes of the run when a step has failed for good: it fails too, what needs the step is left out, or the rest is planned anew. */
export const onFailures = ['fail', 'skip', 'replan'] as const
export type OnFailure = (typeof onFailures)[number]

/** What a step, or a run, may use at the most. */
export interface Budget {
  readonly usd?: number | undefined
  readonly tokens?: number | undefined
  readonly seconds?: number | undefined
  readonly tool_calls?: number | undefined
}

export interface Retry {
  /** Tries in all. */
  readonly attempts: number
  /** Before the second one; doubled each time. */
  readonly wait_seconds: number
}

/** A step of a plan (R60), with all that a plan may leave out filled in. */
export interface Step {
  readonly id: string
  readonly agent_type: string
  readonly prompt: string
  /** Steps whose results it is given; it starts when the last of them has ended. */
  readonly dependencies: readonly string[]
  /** What must come out: in words, or as a JSON Schema that the result has to fit (R59). */
  readonly expected_output?: string | JsonObject | undefined
  readonly success_criteria?: readonly string[] | undefined
  /** Of its agent's tools only these; absent: all of them. */
  readonly tools?: readonly string[] | undefined
  readonly budget?: Budget | undefined
  /** Seconds after which a try is given up. */
  readonly timeout?: number | undefined
  readonly retry?: Retry | undefined
  /** Whether somebody has to agree before it starts. */
  readonly approval?: boolean | undefined
  readonly on_failure?: OnFailure | undefined
}

export interface Plan {
  readonly goal: string
  /** When the whole has succeeded (R59). */
  readonly success_criteria: readonly string[]
  readonly steps: readonly Step[]
}

/** The most that a plan may hold. */
export const planLimits: {
  readonly steps: number
  readonly depth: number
  readonly width: number
  readonly dependencies: number
  readonly prompt: number
} = {
  /** Of a caller's own; models are held to fewer by their prompt. */
  steps: 10_000,
  depth: 1_000,
  /** Steps at the same distance from the start. */
  width: 1_000,
  /** Of all steps together. */
  dependencies: 50_000,
  /** Characters. */
  prompt: 100_000,
}

const seconds = z.number().positive().max(86_400)
export const budgetForm: z.ZodType<Budget> = z.strictObject({
  usd: z.number().positive().max(1_000_000).optional(),
  tokens: z.number().int().positive().max(1_000_000_000).optional(),
  seconds: z
    .number()
    .positive()
    .max(30 * 86_400)
    .optional(),
  tool_calls: wholeNumber(0, 100_000).optional(),
})

/** An id of a step: short, and safe in addresses and keys. */
const stepId: z.ZodType<string> = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,64}$/, 'Must be 1 to 64 letters, digits, dots, underscores, colons and hyphens.')

const criteria = z.array(z.string().min(1).max(2_000)).max(50)

/** The form of a step; only `id`, `agent_type` and `prompt` are required. */
const stepForm = z.strictObject({
  id: stepId,
  agent_type: z.string().min(1).max(64),
  prompt: z
    .string()
    .max(planLimits.prompt)
    .refine((text) => text.trim() !== '', 'Must not be empty.'),
  dependencies: z.array(stepId).max(1_000).default([]),
  // As a run shows it, where a plan says nothing.
  expected_output: z
    .union([z.string().min(1).max(10_000), z.record(z.string(), z.json())])
    .nullish()
    .transform((expected) => expected ?? undefined),
  success_criteria: criteria.optional(),
  tools: z.array(z.string().min(1).max(128)).max(100).optional(),
  budget: budgetForm.optional(),
  timeout: seconds.optional(),
  retry: z.strictObject({ attempts: wholeNumber(1, 10), wait_seconds: numberBetween(0, 3_600).default(1) }).optional(),
  approval: z.boolean().optional(),
  on_failure: z.enum(onFailures).optional(),
})
export const stepKeys: readonly string[] = Object.keys(stepForm.shape)

const shownForm = z.strictObject({
  goal: z.string().max(planLimits.prompt).default(''),
  success_criteria: z
    .union([
      criteria,
      z
        .string()
        .min(1)
        .max(2_000)
        .transform((one) => [one]),
    ])
    .default([]),
  steps: z.array(stepForm).min(1, 'Must hold a step.').max(planLimits.steps),
  source: z.string().max(100).optional(),
  revision: z.number().int().optional(),
  faults: z.array(z.string().max(1_000)).max(1_000).optional(),
})
export const planKeys: readonly string[] = Object.keys(shownForm.shape)

/**
 * The form of a plan. What forms can't say (cycles, unknown agents) is said by `faultsOfPlan`. A plan as a run shows it is one, too: where it
 * came from is left out.
 */
export const planForm: z.ZodType<Plan> = shownForm.transform(
  ({ source: _source, revision: _revision, faults: _faults, ...plan }) => plan,
) as unknown as z.ZodType<Plan>
