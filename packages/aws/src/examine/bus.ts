import { DescribeEventBusCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { type Look, look } from './look.ts'

/** The name of the bus as EventBridge has it. */
export function examineBus({ client, bus }: { readonly client: EventBridgeClient; readonly bus: string }): Promise<Look<string>> {
  return look(async (call) => {
    const { Name } = await call('events:DescribeEventBus', (abortSignal) =>
      client.send(new DescribeEventBusCommand({ Name: bus }), { abortSignal }),
    )
    return Name ?? bus
  })
}
