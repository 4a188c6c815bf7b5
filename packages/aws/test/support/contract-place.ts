import { afterAll, describe } from 'vitest'
import { type AwsClients, type ClientOptions, destroyClients } from '../../src/clients.ts'
import { accountClients, accountRun, prefixAliases, prefixOf } from './account.ts'
import { describeWithMoto, type Moto, motoClients } from './moto.ts'

/** Where contracts are tried: on stock moto, or by `npm run verify:aws` on AWS itself. */
export interface ContractPlace {
  readonly clients: AwsClients
  /** Clients that are set up otherwise; who opens them destroys them. */
  open(options?: Partial<ClientOptions>): AwsClients
  /** What a table, queue, bus or bucket is called there. */
  name(name: string): string
}

/** Whether contracts are tried on AWS itself. */
export const onAccount: boolean = accountRun !== undefined

/** Contracts of adapters. What needs moto's freedom stands in `describeWithMoto`, in a file of its own. */
export function describeOnAws(name: string, define: (place: ContractPlace) => void): void {
  const run = accountRun
  if (run === undefined) describeWithMoto(name, (moto) => define(placeOn(moto)))
  else describe(name, () => define(placeInAccount(run)))
}

function placeOn(moto: Moto): ContractPlace {
  return {
    get clients() {
      return moto.clients
    },
    open: (options) => motoClients(moto.endpoint, options),
    name: (own) => own,
  }
}

function placeInAccount(run: string): ContractPlace {
  const open = (options?: Partial<ClientOptions>): AwsClients => {
    const clients = accountClients(options)
    prefixAliases(clients.kms, run)
    return clients
  }
  const clients = open()
  afterAll(() => destroyClients(clients))
  return { clients, open, name: (own) => prefixOf(run) + own }
}
