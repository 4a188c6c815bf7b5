import { call } from '../../../../test/e2e/support/api.ts'
import { startTestServer } from '../support/test-server.ts'
import { describeEdge } from './describe-edge.ts'

describeEdge('node.ts on a socket', {
  open: async () => {
    const { url, registry, token } = await startTestServer()
    return { registry, token, ask: (path, options) => call(url, path, options) }
  },
  tokenMissing: 'token_missing',
})
