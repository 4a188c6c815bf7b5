import { createMcpHandler } from '@modelcontextprotocol/server'
import { describeToolSourceContract } from '@plinth/core/contracts'
import { expect, it } from 'vitest'
import { contractServer } from './support/contract-server.ts'
import { contractOverPipes, type Entry, openSource, signal, small } from './support/open-source.ts'
import { recordedLog } from './support/recorded-log.ts'
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
    const { entry, close } = await serveContract()
    return subjectOf(entry, close)
  },
})

it.each(['pipes', 'Streamable HTTP'])('the newer revision is spoken with a server that knows it, over %s', async (way) => {
  const served = way === 'pipes' ? undefined : await serveContract()
  const log = recordedLog()
  const source = openSource({ common: served?.entry ?? contractOverPipes }, { log })
  expect(await source.list('alpha', ['common.say'], signal)).toHaveLength(1)
  expect(log.lines).toContainEqual(['An MCP server is in use.', { server: 'common', revision: '2026-07-28' }])
  await source.close()
  await served?.close()
})

async function serveContract(): Promise<{ readonly entry: Entry; close(): Promise<void> }> {
  const counts = new Map<string, number>()
  const handler = createMcpHandler(({ requestInfo }) =>
    contractServer(() => {
      const tenant = requestInfo?.headers.get('x-tenant') ?? ''
      counts.set(tenant, (counts.get(tenant) ?? 0) + 1)
      return counts.get(tenant) ?? 0
    }),
  )
  const { url, close } = await serveFetch((request) => handler.fetch(request))
  return {
    // There are no sessions in this revision: what tells tenants apart is what whoever runs Plinth has it say.
    entry: { url, headers: { 'x-tenant': `\${tenant}` } },
    close: async () => {
      await handler.close()
      await close()
    },
  }
}
