import { until } from '../../../../test/e2e/support/until.ts'
import type { TestServer } from '../../../server/test/support/test-server.ts'
import type { ShownWorkflow as Shown } from '../../../server/test/support/workflows.ts'
import { api } from './browser.ts'

export type ShownWorkflow = Shown

/** @returns its id. */
export async function startWorkflow(server: TestServer, body: object): Promise<string> {
  return (await api<ShownWorkflow>(server, 'POST', '/api/workflows', body)).workflow_id
}

export function showWorkflow(server: TestServer, id: string): Promise<ShownWorkflow> {
  return api<ShownWorkflow>(server, 'GET', `/api/workflows/${id}`)
}

export function reach(server: TestServer, id: string, status: string): Promise<ShownWorkflow> {
  return until(`${id} to be ${status}`, async () => {
    const shown = await showWorkflow(server, id)
    return shown.status === status && shown
  })
}
