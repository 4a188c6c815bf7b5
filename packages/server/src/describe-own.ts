import { z } from 'zod'
import { livePath } from './console/live.ts'
import { credentialsForm, sessionPath } from './console/session.ts'
import { csrfHeader } from './console/session-cookie.ts'

const sessionSchema = {
  type: 'object',
  required: ['authenticated'],
  properties: {
    authenticated: { type: 'boolean', description: 'false: nobody is signed in; refused says why, where a session was.' },
    tenant_id: { type: 'string' },
    own_tenant_id: { type: 'string', description: 'The tenant that whoever changed tenants signed in with.' },
    refused: {
      type: 'object',
      description: 'Why the session in this cookie is none now: its tenant is suspended, or has left.',
      properties: {
        code: { type: 'string' },
        detail: { type: 'string' },
        tenant_id: { type: 'string', description: 'The tenant that may not work.' },
        own_tenant_id: { type: 'string', description: 'The tenant to which a POST of {tenant_id} leads back, with csrf_token.' },
        csrf_token: { type: 'string' },
      },
    },
    user_id: { type: 'string' },
    permissions: { type: 'array', items: { type: 'string' }, description: 'All that the token allows, spelt out.' },
    csrf_token: {
      type: 'string',
      description: `What calls by cookie that change something send as ${csrfHeader}; it is a header of this answer, too.`,
    },
    expires_at: { type: 'string', format: 'date-time' },
  },
}

/** OpenAPI of the routes of the server itself, which no pattern brings. */
export function describeOwn(): Readonly<Record<string, object>> {
  return {
    '/healthz': { get: own('The process is up.', 'application/json', { open: true }) },
    '/readyz': { get: own('It can serve.', 'application/json', { open: true }) },
    '/.well-known/jwks.json': { get: own("The local issuer's public keys.", 'application/json', { open: true }) },
    '/metrics': { get: own('Prometheus text. Needs metrics:read.', 'text/plain') },
    '/openapi.json': { get: own('This document.', 'application/json') },
    '/': { get: own('The web console; its files lie below /assets.', 'text/html', { open: true }) },
    [livePath]: { get: live() },
    [sessionPath]: {
      get: own("The console's session in this cookie.", 'application/json', { open: true, schema: sessionSchema }),
      post: {
        ...own(
          'Signs in: with a token, with the one-time code of the link that the start prints, or, by whoever is signed in with tenants:admin, as another tenant. Sets the cookie, which stands for the token on /api. Ten failures a minute from one address are the most.',
          'application/json',
          { open: true, schema: sessionSchema },
        ),
        requestBody: { required: true, content: { 'application/json': { schema: formOf(credentialsForm) } } },
      },
      delete: {
        summary: 'Signs out.',
        tags: ['running'],
        security: [],
        responses: { 204: { description: 'The cookie is gone.' } },
      },
    },
  }
}

function live(): object {
  return {
    ...own(
      'Several event streams of the API in one connection. Each event keeps its name and comes as {follow, id, data}; one that is refused says so by an event `problem`.',
      'text/event-stream',
    ),
    parameters: [
      {
        name: 'follow',
        in: 'query',
        required: true,
        description:
          'Paths of event streams, such as /api/events/stream or /api/streams/machine/events; with @ID behind it, from behind that event.',
        schema: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 16 },
      },
    ],
  }
}

function own(
  summary: string,
  type: string,
  { open = false, schema }: { readonly open?: boolean; readonly schema?: object } = {},
): object {
  return {
    summary,
    tags: ['running'],
    ...(open ? { security: [] } : {}),
    responses: { 200: { description: summary, content: { [type]: schema ? { schema } : {} } } },
  }
}

function formOf(form: z.ZodType): object {
  const { $schema, ...rest } = z.toJSONSchema(form, { io: 'input' }) as Record<string, unknown>
  return rest
}
