import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { afterAll, beforeAll, describe } from 'vitest'
import { until } from '../../../../test/e2e/support/until.ts'
import { freePort, motoClients } from './moto.ts'

/** An emulator of Kinesis alone, whose shards split and merge as AWS's do; moto's go on taking records when they were split. */
export interface Kinesalite {
  readonly client: KinesisClient
  readonly endpoint: string
}

/** @param define is given a place whose fields are there once tests run. */
export function describeWithKinesalite(name: string, define: (kinesalite: Kinesalite) => void): void {
  describe(name, () => {
    const kinesalite = { endpoint: '', client: undefined as unknown as KinesisClient }
    let server: ChildProcess | undefined
    beforeAll(async () => {
      const port = await freePort()
      const quick = ['createStreamMs', 'deleteStreamMs', 'updateStreamMs'].flatMap((time) => [`--${time}`, '20'])
      const program = createRequire(import.meta.url).resolve('kinesalite/cli.js')
      server = spawn(process.execPath, [program, '--port', String(port), '--shardLimit', '100', ...quick], { stdio: 'ignore' })
      kinesalite.endpoint = `http://127.0.0.1:${port}`
      await until(
        'kinesalite',
        () =>
          fetch(kinesalite.endpoint).then(
            () => true,
            () => false,
          ),
        { within: 30_000, every: 50 },
      )
      kinesalite.client = motoClients(kinesalite.endpoint).kinesis
    })
    afterAll(() => {
      kinesalite.client?.destroy()
      server?.kill('SIGKILL')
    })
    define(kinesalite)
  })
}
