import { allPermissions, LocalIssuer, type Platform, TenantRegistry } from '@plinth/core'
import { type RunningServer, type ServerOptions, type Synthesise, startServer } from '@plinth/server'
import { afterAll } from 'vitest'
import { temporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'

export interface TestServer {
  readonly url: string
  readonly platform: Platform
  readonly registry: TenantRegistry
  readonly issuer: LocalIssuer
  /** A token of tenant demo that may do everything, unless told otherwise. */
  token(grant?: {
    readonly tenant?: string
    readonly user?: string
    readonly permissions?: readonly string[]
    readonly lifetime?: number
  }): Promise<string>
  /** Opens the console once. */
  consoleLink(): string
  stop(): Promise<void>
}

/** In the place of the constructs, which are the command line's to bring. */
const templateOf: Synthesise = async ({ patterns }) => ({
  name: 'test.template.json',
  template: { Resources: Object.fromEntries(patterns.map((name) => [name, {}])) },
})

const running = new Set<RunningServer>()

afterAll(async () => {
  await Promise.all([...running].map((server) => server.stop()))
})

/** A whole server in this process, on a socket and a folder of its own; stopped when the test file is done. */
export async function startTestServer(
  environment: Readonly<Record<string, string>> = {},
  parts: Pick<ServerOptions, 'synthesise'> = { synthesise: templateOf },
): Promise<TestServer> {
  const server = await startServer({
    environment: {
      PORT: '0',
      PLINTH_DATA_DIR: temporaryFolder(),
      PLINTH_MODEL: 'scripted',
      // Made at once; the usual one takes a second to start, and a thread.
      PLINTH_EMBEDDING_MODEL: 'local/hashing',
      PLINTH_LOG_LEVEL: 'silent',
      // What a test finds is what it made.
      PLINTH_SELF_METRICS: 'off',
      ...environment,
    },
    ...parts,
    onFatal: (error) => {
      throw error
    },
  })
  running.add(server)
  const { platform } = server
  const operator = platform.operate()
  const issuer = await LocalIssuer.open(operator)
  return {
    url: server.url,
    platform,
    registry: new TenantRegistry(operator),
    issuer,
    token: ({ tenant = 'demo', user = 'ann', permissions = allPermissions, lifetime = 3_600 } = {}) =>
      issuer.sign({ tenant, user, permissions, lifetime }),
    consoleLink: () => server.consoleLink() ?? '',
    stop: async () => {
      running.delete(server)
      await server.stop()
    },
  }
}
