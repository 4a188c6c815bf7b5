import { BlockList, isIP } from 'node:net'

/** IPv4 blocks that aren't open to everyone (IANA's registry of special-purpose addresses), and two that only a cloud's own hosts see. */
const closedIpv4 = blocks('ipv4', [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Azure's host agent, which hands out credentials.
  '168.63.129.16/32',
])

/** Of IPv6, only what IANA has given out as global unicast may be open at all. */
const globalIpv6 = blocks('ipv6', ['2000::/3'])
/** Of that again not: protocols of their own (Teredo and ORCHID among them), documentation, 6to4 with its embedded IPv4. */
const closedIpv6 = blocks('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])

/** Whether an address is one that everyone on the internet may call. Anything that isn't known to be is not. */
export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address)
  if (isIP(plain) === 4) return !closedIpv4.check(plain, 'ipv4')
  return isIP(plain) === 6 && globalIpv6.check(plain, 'ipv6') && !closedIpv6.check(plain, 'ipv6')
}

/** The IPv4 address that an IPv6 address stands for, mapped (RFC 4291, 2.5.5.2) or by NAT64 (RFC 6052, 2.1); others as they are. */
export function plainAddress(address: string): string {
  const canonical = `http://[${address}]/`
  if (isIP(address) !== 6 || !URL.canParse(canonical)) return address
  const groups = groupsOf(new URL(canonical).hostname.slice(1, -1))
  const prefix = groups.slice(0, 6).join(':')
  if (prefix !== '0:0:0:0:0:ffff' && prefix !== '64:ff9b:0:0:0:0') return address
  return groups
    .slice(6)
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
    .join('.')
}

/** The eight groups of an address as URLs spell it. */
function groupsOf(address: string): string[] {
  const [left = [], right] = address.split('::').map((side) => side.split(':').filter((group) => group !== ''))
  if (!right) return left
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
}

function blocks(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', bits] = range.split('/')
    list.addSubnet(network, Number(bits), family)
  }
  return list
}
