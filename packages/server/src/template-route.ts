import { type AnyRoute, defineRoute, LimitError, type PatternName, patternNames } from '@plinth/core'
import { z } from 'zod'

export interface TemplateRequest {
  /** What the stack serves; what every stack has needs no name. */
  readonly patterns: readonly PatternName[]
  /** The model of Bedrock that may be called. @default - the construct's */
  readonly model_id?: string
}

export interface Template {
  /** Of the file that it is usually kept in. */
  readonly name: string
  /** CloudFormation. */
  readonly template: Readonly<Record<string, unknown>>
}

/** Makes a template, by whoever has the constructs: they are no part of a server. The signal ends it: the server stops, or nobody waits for it any more. */
export type Synthesise = (request: TemplateRequest, signal: AbortSignal) => Promise<Template>

/** Seconds that one takes, more or less. */
const usual = 15

/** `POST /api/advisor/template`: the infrastructure of a composition. It bundles functions, which takes seconds, so one is made at a time. */
export function templateRoute(synthesise: Synthesise): AnyRoute {
  let isRunning = false
  return defineRoute<Record<never, never>, Record<never, never>, TemplateRequest>({
    method: 'POST',
    path: '/api/advisor/template',
    permission: 'advisor:write',
    summary: 'The CloudFormation of a composition, without the code of its functions, which `plinth synth` writes beside it.',
    body: z.strictObject({
      patterns: z.array(z.enum(patternNames)).max(patternNames.length),
      model_id: z.string().min(1).max(200).exactOptional(),
    }),
    endsWithClient: true,
    replies: {
      200: { summary: 'The template.', body: z.object({ name: z.string(), template: z.record(z.string(), z.unknown()) }) },
    },
    async handle(scope, { body, signal }) {
      if (body.model_id !== undefined) (scope.models.shared ?? scope.models).resolve(body.model_id)
      if (isRunning)
        throw new LimitError('templates', 'template_limit', 'Another template is being made; one at a time.', {
          retryAfter: usual,
        })
      isRunning = true
      try {
        return { status: 200, body: await synthesise(body, signal) }
      } finally {
        isRunning = false
      }
    },
  })
}
