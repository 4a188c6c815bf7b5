import { type Acknowledgement, call, type ShownRequest } from './api.ts'
import { until } from './until.ts'

/** Submits, and fails unless it is accepted. */
export async function accept(server: { readonly url: string }, token: string, body: object): Promise<string> {
  const answer = await call<Acknowledgement>(server.url, '/api/requests', { token, body })
  if (answer.status !== 202) throw new Error(`Not accepted: ${answer.status} ${answer.text}`)
  return answer.body.request_id
}

export async function show(server: { readonly url: string }, token: string, id: string): Promise<ShownRequest> {
  return (await call<ShownRequest>(server.url, `/api/requests/${encodeURIComponent(id)}`, { token })).body
}

/** Waits for a status. */
export function reach(
  server: { readonly url: string },
  token: string,
  id: string,
  status: string,
  within = 20_000,
): Promise<ShownRequest> {
  return until(
    `${id} ${status}`,
    async () => {
      const shown = await show(server, token, id)
      return shown.status === status && shown
    },
    { within },
  )
}
