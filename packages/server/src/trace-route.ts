import { type AnyRoute, defineRoute, NotFoundError } from '@plinth/core'
import { z } from 'zod'
import type { SpanStore } from './telemetry/span-store.ts'

interface TraceParams {
  readonly correlation_id: string
}

/** `GET /api/traces/{correlation_id}`: what one request caused, as far as this process remembers. */
export function traceRoute(spans: SpanStore): AnyRoute {
  return defineRoute<TraceParams>({
    method: 'GET',
    path: '/api/traces/{correlation_id}',
    permission: 'metrics:read',
    summary: 'The spans that one request caused, in order of their start. Kept in memory: a restart forgets them.',
    params: z.strictObject({ correlation_id: z.string().min(1).max(200) }),
    replies: {
      200: {
        summary: 'The trace.',
        body: z.object({
          correlation_id: z.string(),
          spans: z.array(
            z.object({
              trace_id: z.string(),
              span_id: z.string(),
              parent_span_id: z.string().nullable(),
              name: z.string(),
              started_at: z.iso.datetime(),
              duration_ms: z.number(),
              status: z.enum(['ok', 'error']),
              attributes: z.record(z.string(), z.unknown()),
              links: z.array(z.object({ trace_id: z.string(), span_id: z.string() })),
            }),
          ),
        }),
      },
    },
    async handle(scope, { params }) {
      const found = spans.find(scope.caller.tenant, params.correlation_id)
      if (found.length === 0) throw new NotFoundError('trace')
      return { status: 200, body: { correlation_id: params.correlation_id, spans: found } }
    },
  })
}
