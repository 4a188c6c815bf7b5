import { createServer } from 'node:net'
import { describeOutboundContract } from '@plinth/core/contracts'
import { systemClock } from '@plinth/local'
import { GuardedHttp } from '@plinth/outbound'
import { Receiver } from './receiver.ts'

describeOutboundContract('GuardedHttp', {
  create: async () => {
    const receiver = await Receiver.open()
    const outbound = new GuardedHttp({
      clock: systemClock,
      allow: ['127.0.0.1'],
      lookup: async (host) => (host === 'inside.test' ? ['93.184.215.14', '127.0.0.2'] : ['127.0.0.1']),
    })
    return {
      port: {
        outbound,
        url: (path) => receiver.url(path, 'receiver.test'),
        received: () => receiver.received,
        refused: ['localhost', '127.0.0.2', '[::1]', '0.0.0.0', '[::ffff:127.0.0.2]'].map((host) => receiver.url('/', host)),
        refusedName: receiver.url('/', 'inside.test'),
        deaf: `http://127.0.0.1:${await freePort()}/`,
      },
      dispose: async () => {
        outbound.close()
        await receiver.close()
      },
    }
  },
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 1
}
