import { createMcpHandler } from '@modelcontextprotocol/server'
import { describeToolSourceContract } from '@plinth/core/contracts'
import { contractServer } from './support/contract-server.ts'
import { contractOverPipes, type Entry, openSource, small } from './support/open-source.ts'
import { serveFetch } from './support/serve-fetch.ts'

function subjectOf(common: Entry, dispose: () => Promise<void> = async () => {}) {
  const { tenants: _, ...own } = common
  const source = openSource(
    { common, own: { ...own, tenants: ['beta'], tools: ['say'] }, gone: { command: '/nowhere/no-such-program' } },
    { keep: true },
  )
  return {
    port: { source },
    dispose: async () => {
      await source.close()
      await dispose()
    },
  }
}

describeToolSourceContract('McpToolSource over pipes, 2025', { create: async () => subjectOf(small()) })

describeToolSourceContract('McpToolSource over pipes, 2026', { create: async () => subjectOf(contractOverPipes) })

describeToolSourceContract('McpToolSource over Streamable HTTP, 2026', {
  create: async () => {
    const counts = new Map<string, number>()
    const handler = createMcpHandler(({ requestInfo }) =>
      contractServer(() => {
        const tenant = requestInfo?.headers.get('x-tenant') ?? ''
        counts.set(tenant, (counts.get(tenant) ?? 0) + 1)
        return counts.get(tenant) ?? 0
      }),
    )
    const { url, close } = await serveFetch((request) => handler.fetch(request))
    // There are no sessions in this revision: what tells tenants apart is what whoever runs Plinth has it say.
    return subjectOf({ url, headers: { 'x-tenant': `\${tenant}` } }, async () => {
      await handler.close()
      await close()
    })
  },
})
