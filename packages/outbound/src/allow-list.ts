import { BlockList, isIP } from 'node:net'
import { InvalidInputError } from '@plinth/core'
import { plainAddress } from './address-rules.ts'

/** A block may open a private network, not half of the internet. */
const shortestPrefix = { 4: 8, 6: 7 } as const

/**
 * What the one who runs Plinth opens besides the public internet: hosts by name (whatever they lead to) and addresses or blocks of
 * them, each at every port or at one.
 */
export class AllowList {
  readonly #hosts = new Set<string>()
  readonly #addresses = new BlockList()
  readonly #addressesAtPort = new Set<string>()

  /** @throws InvalidInputError for an entry that is none of: host, host:port, address, [address]:port, address/bits. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) this.#add(entry)
  }

  allowsHost(host: string, port: number): boolean {
    return this.#hosts.has(host) || this.#hosts.has(`${host}:${port}`)
  }

  allowsAddress(address: string, port: number): boolean {
    const plain = plainAddress(address)
    return this.#addresses.check(plain, familyOf(plain)) || this.#addressesAtPort.has(`${plain} ${port}`)
  }

  #add(entry: string): void {
    const [, network = '', bits = ''] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(entry) ?? []
    if (network !== '') this.#addBlock(entry, network, Number(bits))
    else if (isIP(entry) !== 0) this.#addAddress(entry)
    else this.#addHost(entry)
  }

  #addBlock(entry: string, network: string, bits: number): void {
    const family = isIP(network)
    if (family !== 4 && family !== 6) throw badEntry(entry)
    if (bits < shortestPrefix[family] || bits > (family === 4 ? 32 : 128)) throw badEntry(entry)
    this.#addresses.addSubnet(network, bits, familyOf(network))
  }

  #addAddress(address: string): void {
    const plain = plainAddress(address)
    this.#addresses.addAddress(plain, familyOf(plain))
  }

  #addHost(entry: string): void {
    // Only what has the form of a host, and perhaps a port: no user, path, star or second spelling.
    const parts = /^(?:\[[0-9a-fA-F:.]+\]|[\p{L}\p{N}._-]+)(?::(\d{1,5}))?$/u.exec(entry)
    if (!parts || !URL.canParse(`http://${entry}/`)) throw badEntry(entry)
    const [, port = ''] = parts
    const host = hostOf(new URL(`http://${entry}/`).hostname)
    if (isIP(host) === 0) this.#hosts.add(port === '' ? host : `${host}:${Number(port)}`)
    else if (port === '') this.#addAddress(host)
    else this.#addressesAtPort.add(`${plainAddress(host)} ${Number(port)}`)
  }
}

/** A host as rules compare it: without brackets, and without the dot that only says that the name is whole. */
export function hostOf(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

function badEntry(entry: string): InvalidInputError {
  const forms = 'a host, host:port, address, [IPv6 address]:port, or a block such as 10.0.0.0/8'
  return new InvalidInputError(`PLINTH_OUTBOUND_ALLOW holds "${entry}", which is not ${forms}.`, {
    field: 'PLINTH_OUTBOUND_ALLOW',
  })
}
