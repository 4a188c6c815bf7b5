import type { TenantRegistry } from '@plinth/core'
import type { Answer, Call, Problem } from '../../../../test/e2e/support/api.ts'
import type { TestServer } from '../support/test-server.ts'

/** A composition root of the server, asked as its clients ask it. */
export interface Edge {
  readonly registry: TenantRegistry
  readonly token: TestServer['token']
  ask<Body = Problem>(path: string, options?: Call): Promise<Answer<Body>>
}
