import { allPermissions, LocalIssuer, patterns, silentLog } from '@plinth/core'
import { type MemoryPlatform, memoryPlatform, scriptedModels } from '@plinth/core/testing'
import { createMcpEndpoint, type McpTool } from '@plinth/mcp'
import { bootstrap, createApp, startTelemetry } from '@plinth/server'

export type App = ReturnType<typeof createApp>

/** Plinth's edge over a platform in memory, on which nothing is worked; with more tools where a test wants them. */
export async function openApp(
  options: { readonly memory?: MemoryPlatform; readonly tools?: readonly McpTool[] } = {},
): Promise<{ readonly app: App; readonly memory: MemoryPlatform; readonly token: string }> {
  const { memory = memoryPlatform({ models: scriptedModels(() => 'An answer.') }), tools = [] } = options
  const { platform } = memory
  const identity = await bootstrap(platform)
  const mcp = createMcpEndpoint({ routes: patterns.flatMap(({ routes }) => routes), version: '1.0.0', tools })
  const parts = { platform, patterns, mcp, telemetry: startTelemetry(), log: silentLog, ready: () => true }
  const app = createApp({ ...identity, ...parts, stopping: new AbortController().signal })
  const issuer = await LocalIssuer.open(platform.operate())
  const token = await issuer.sign({ tenant: 'demo', user: 'ann', permissions: allPermissions, lifetime: 3_600 })
  return { app, memory, token }
}
