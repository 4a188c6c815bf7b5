import { lookup, Resolver } from 'node:dns/promises'

/** The addresses that a name leads to, the preferred ones first; rejects when there are none. */
export type NameLookup = (host: string) => Promise<readonly string[]>

/**
 * Asks the name servers directly. The system's own look-up would take one of the process's four file threads for as long as a slow
 * name server likes, and complete short names with domains of our own network.
 */
export function nameServerLookup(): NameLookup {
  const resolver = new Resolver({ timeout: 2_500, tries: 2 })
  return async (host) => {
    const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const found = [...(ipv4.status === 'fulfilled' ? ipv4.value : []), ...(ipv6.status === 'fulfilled' ? ipv6.value : [])]
    if (found.length === 0 && ipv4.status === 'rejected') throw ipv4.reason
    return found
  }
}

/** The system's look-up, with its file of hosts and short names; for names that the one who runs Plinth allowed. */
export const systemLookup: NameLookup = async (host) => (await lookup(host, { all: true })).map(({ address }) => address)
