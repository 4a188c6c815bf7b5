import { join } from 'node:path'
import { type Operator, Sweeper, silentLog } from '@plinth/core'
import { expect } from 'vitest'
import { type Answer, type Call, call, type Problem } from '../../../../test/e2e/support/api.ts'
import { temporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

export interface ShownTenant {
  readonly tenant_id: string
  readonly name: string
  readonly status: 'active' | 'suspended' | 'offboarded'
  readonly tier: string
  readonly isolation_level: 'pool' | 'silo'
  readonly data_residency_region: string | null
  readonly residency: string | null
  readonly model_config: Readonly<Record<string, unknown>>
  readonly limits: Readonly<Record<string, number>>
  readonly filters: Readonly<Record<string, unknown>>
  readonly retention: Readonly<Record<string, number>>
  readonly weight: number
  readonly created_at: string
  readonly tokens_not_before: string | null
  readonly offboarding: {
    readonly at: string
    readonly keys_unusable_at: string
    readonly keys_irrecoverable_at: string
    readonly data_removed_at: string | null
  } | null
}

export interface ShownKey {
  readonly key_id: string
  readonly tenant_id: string
  readonly name: string
  readonly user_id: string
  readonly permissions: readonly string[]
  readonly revoked_at: string | null
  readonly expires_at: string | null
}

export interface NewKey extends ShownKey {
  readonly key: string
}

/** A server in this process, with whoever runs it. */
export class Administrator {
  readonly server: TestServer
  /** The data folder. */
  readonly folder: string
  readonly #token: string

  private constructor(server: TestServer, folder: string, token: string) {
    this.server = server
    this.folder = folder
    this.#token = token
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<Administrator> {
    const { PLINTH_DATA_DIR: folder = join(temporaryFolder(), 'data') } = environment
    const server = await startTestServer({ ...environment, PLINTH_DATA_DIR: folder })
    return new Administrator(server, folder, await server.token({ permissions: ['tenants:admin'], user: 'operator' }))
  }

  get token(): string {
    return this.#token
  }

  get operator(): Operator {
    return this.server.platform.operate()
  }

  ask<Body = Problem>(path: string, options: Omit<Call, 'token'> = {}): Promise<Answer<Body>> {
    return call<Body>(this.server.url, path, { ...options, token: this.#token })
  }

  async onboard(tenantId: string, more: object = {}): Promise<ShownTenant> {
    const body = { tenant_id: tenantId, name: tenantId, ...more }
    const answer = await this.ask<ShownTenant>('/api/tenants', { body })
    expect(answer.status, answer.text).toBe(201)
    return answer.body
  }

  async shown(tenantId: string): Promise<ShownTenant> {
    const answer = await this.ask<ShownTenant>(`/api/tenants/${tenantId}`)
    expect(answer.status, answer.text).toBe(200)
    return answer.body
  }

  patch<Body = ShownTenant>(tenantId: string, body: object): Promise<Answer<Body>> {
    return this.ask<Body>(`/api/tenants/${tenantId}`, { method: 'PATCH', body })
  }

  offboard<Body = ShownTenant>(tenantId: string): Promise<Answer<Body>> {
    return this.ask<Body>(`/api/tenants/${tenantId}`, { method: 'DELETE' })
  }

  async makeKey(tenantId: string, body: object = { permissions: ['tenants:admin'] }): Promise<NewKey> {
    const answer = await this.ask<NewKey>(`/api/tenants/${tenantId}/keys`, { body })
    expect(answer.status, answer.text).toBe(201)
    return answer.body
  }

  /** What the server does by itself once a minute. */
  async sweep(): Promise<void> {
    const sweeper = new Sweeper({ operator: this.operator, log: silentLog })
    await sweeper.sweep()
    await sweeper.stop()
  }
}
