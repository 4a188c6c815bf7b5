import { type AnyRoute, type Authenticator, defineRoute } from '@plinth/core'
import { z } from 'zod'

type None = Record<never, never>

/** `POST /api/tokens/check`: why a token is taken or not. Nothing of it is kept, logged or put down; who doesn't administer tenants is told nothing. */
export function tokenCheckRoute(authenticator: Authenticator): AnyRoute {
  return defineRoute<None, None, { readonly token: string }>({
    method: 'POST',
    path: '/api/tokens/check',
    permission: 'tenants:admin',
    summary: 'Looks at a token or a virtual key step by step, and says of each whether it passed.',
    body: z.strictObject({ token: z.string().min(1).max(8_192) }),
    replies: {
      200: {
        summary: 'The checks in their order; skipped are those behind the first that failed.',
        body: z.object({
          checks: z.array(z.object({ check: z.string(), outcome: z.enum(['passed', 'failed', 'skipped']), detail: z.string() })),
        }),
      },
    },
    async handle(_, { body }) {
      return { status: 200, body: { checks: await authenticator.examine(body.token.replace(/^Bearer /i, '').trim()) } }
    },
  })
}
