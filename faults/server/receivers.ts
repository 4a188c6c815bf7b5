import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ShownEvent } from '../../test/e2e/support/api.ts'
import type { OutsideLedger } from './ledger.ts'
import { type TenantName, tenants } from './marks.ts'

/** Receivers of webhooks, one a tenant, that outlive the server. */
export class Receivers {
  readonly #ledger: OutsideLedger
  readonly #server = createServer(async (request, response) => {
    let text = ''
    try {
      for await (const part of request.setEncoding('utf8')) text += part
    } catch {
      return
    }
    const tenant = (request.url ?? '').slice(1) as TenantName
    const { id, type, subject, tenant_id } = JSON.parse(text) as ShownEvent
    if (!tenants.includes(tenant)) this.#ledger.odd(`a webhook went to ${request.url}`)
    if (tenant_id !== tenant) this.#ledger.odd(`the receiver of ${tenant} was told of event ${id} of ${tenant_id}`)
    this.#ledger.add({ type: 'told', life: this.#ledger.life, tenant, id, kind: type, subject })
    response.writeHead(204).end()
  })

  private constructor(ledger: OutsideLedger) {
    this.#ledger = ledger
  }

  static async start(ledger: OutsideLedger): Promise<Receivers> {
    const receivers = new Receivers(ledger)
    await new Promise<void>((resolve) => receivers.#server.listen(0, '127.0.0.1', resolve))
    return receivers
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  urlOf(tenant: TenantName): string {
    return `http://${this.host}/${tenant}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
