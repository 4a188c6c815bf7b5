/**
 * The account in which `npm run verify:aws` tries the contracts. Everything that a run makes there has the run's prefix, so that it
 * can be found and deleted again.
 * @module
 */
import type { KMSClient } from '@aws-sdk/client-kms'
import { type AwsClients, type ClientOptions, createClients } from '../../src/clients.ts'

/** The run's id; undefined where tests run on moto. */
export const accountRun: string | undefined = process.env.PLINTH_VERIFY_AWS || undefined

/** Short, since the names of buckets and aliases are; without dashes, so that no run's prefix begins another's. */
export const runForm: RegExp = /^[a-z0-9]{1,16}$/

export function prefixOf(run: string): string {
  return `plinth-verify-${run}-`
}

/** Clients of the region in AWS_REGION, with credentials and endpoints from where the SDK looks for them. */
export function accountClients(options: Partial<ClientOptions> = {}): AwsClients {
  const { AWS_REGION: region = '', AWS_ENDPOINT_URL: endpoint } = process.env
  return createClients({ region, ...(endpoint ? { endpoint } : {}), ...options })
}

/** Gives aliases, and the descriptions of the keys that are made for them, the run's prefix: contracts name them as they like. */
export function prefixAliases(kms: KMSClient, run: string): void {
  const prefixed = (value: unknown) => (typeof value === 'string' ? value.replace('alias/', `alias/${prefixOf(run)}`) : value)
  kms.middlewareStack.add(
    (next) => (args) => {
      const input = Object.fromEntries(Object.entries(args.input).map(([field, value]) => [field, prefixed(value)]))
      return next({ ...args, input: input as typeof args.input })
    },
    { step: 'initialize' },
  )
}
