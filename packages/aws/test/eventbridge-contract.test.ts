import type { StoredEvent } from '@plinth/core'
import { describeEventBusContract } from '@plinth/core/contracts'
import { EventBridgeEventBus } from '../src/eventbridge-event-bus.ts'
import { describeOnAws } from './support/contract-place.ts'
import { listen } from './support/event-listener.ts'

describeOnAws('EventBridge', (place) => {
  describeEventBusContract('EventBridgeEventBus', {
    create: async () => {
      const [{ eventbridge }, bus] = [place.clients, place.name('contract')]
      const delivered = await listen(place.clients, bus)
      return {
        port: {
          bus: new EventBridgeEventBus({ client: eventbridge, bus }),
          received: async () =>
            (await delivered()).map(({ 'detail-type': type, detail }) => ({
              id: String(detail.id),
              type,
              tenant: String(detail.tenant_id),
              sequence: Number(detail.sequence),
              detail: detail.detail as StoredEvent['detail'],
            })),
        },
        dispose: async () => {},
      }
    },
  })
})
