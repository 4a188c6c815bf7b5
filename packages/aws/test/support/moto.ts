import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { until } from '../../../../test/e2e/support/until.ts'
import { type AwsClients, type ClientOptions, createClients, destroyClients } from '../../src/clients.ts'

/** Stock moto, an emulator of AWS over its real protocols, on a port of this test file's own. */
export interface Moto {
  readonly endpoint: string
  /** The SDK's clients as the platform makes them, but that a call is tried once: moto answers 500 to what it lacks. */
  readonly clients: AwsClients
}

export const motoRegion = 'us-east-1'
export const motoCredentials = { accessKeyId: 'test', secretAccessKey: 'test' } as const

/** The variables of a Plinth on the emulator, which makes there what it needs. */
export function motoVariables(endpoint: string): Readonly<Record<string, string>> {
  return {
    PLINTH_PLATFORM: 'aws',
    PLINTH_AWS_CREATE: 'on',
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: motoRegion,
    AWS_ACCESS_KEY_ID: motoCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: motoCredentials.secretAccessKey,
  }
}

/** What stands for AWS. */
export interface Emulator {
  /** A program that ends well where it is installed. */
  readonly check: readonly [string, ...string[]]
  /** The program that listens on a port. */
  command(port: string): readonly [string, ...string[]]
}

const stock: Emulator = {
  check: ['moto_server', '--help'],
  command: (port) => ['moto_server', '-H', '127.0.0.1', '-p', port],
}
const how = 'moto_server is missing; pip install "moto[server]==5.2.1"'

/**
 * Tests that need moto. Where it is missing they are skipped with the reason; in continuous integration they fail.
 * @param define is given a place whose fields are there once tests run.
 * @param emulator where it isn't stock moto.
 */
export function describeWithMoto(name: string, define: (moto: Moto) => void, emulator: Emulator = stock): void {
  const [checking, ...options] = emulator.check
  if (spawnSync(checking, options, { stdio: 'ignore' }).status !== 0) {
    describe(name, () => {
      it('needs moto', (context) => {
        if (process.env.CI === 'true') throw new Error(how)
        context.skip(how)
      })
    })
    return
  }
  describe(name, () => {
    const moto = { endpoint: '', clients: undefined as unknown as AwsClients }
    let server: ChildProcess | undefined
    beforeAll(async () => {
      const port = await freePort()
      moto.endpoint = `http://127.0.0.1:${port}`
      const [program, ...args] = emulator.command(String(port))
      server = spawn(program, args, { stdio: 'ignore' })
      await until(
        'moto',
        () =>
          fetch(`${moto.endpoint}/moto-api/`).then(
            ({ ok }) => ok,
            () => false,
          ),
        { within: 60_000, every: 100 },
      )
      moto.clients = motoClients(moto.endpoint)
    })
    afterAll(async () => {
      destroyClients(moto.clients)
      server?.kill('SIGKILL')
    })
    define(moto)
  })
}

/** The SDK's clients, which a test may set up otherwise. */
export function motoClients(endpoint: string, options: Partial<ClientOptions> = {}): AwsClients {
  return createClients({ region: motoRegion, endpoint, maxAttempts: 1, credentials: motoCredentials, ...options })
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}
