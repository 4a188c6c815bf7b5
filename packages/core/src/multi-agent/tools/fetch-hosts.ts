/** Which hosts an agent may read, as its definition names them. @module */

/** What an agent's tools say of it: `fetch_url:example.org`, `fetch_url:*.example.org`, `fetch_url:example.org:8443`. */
export const fetchPrefix = 'fetch_url:'

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const form = new RegExp(`^(?:${label}(?:\\.${label})*|\\*(?:\\.${label}){2,})(?::\\d{1,5})?$`)

/** Whether a host can be named so: as addresses spell it, in small letters; a star stands for what is below two names or more. */
export function isHostForm(host: string): boolean {
  if (host.length > 260 || !form.test(host)) return false
  // `127.1` and the like are another host, as addresses spell it.
  const address = `https://${host.replace('*.', '')}`
  return URL.canParse(address) && new URL(address).hostname === host.replace('*.', '').replace(/:\d+$/, '')
}

/** Whether an address is of one of these hosts: exactly, or below it where there is a star; at the usual port, or the one that is named. */
export function isOfHosts({ protocol, hostname, port }: URL, hosts: readonly string[]): boolean {
  if (protocol !== 'https:' && protocol !== 'http:') return false
  // An address doesn't spell the usual port out.
  const usual = protocol === 'https:' ? '443' : '80'
  return hosts.some((named) => {
    const [host = '', namedPort = ''] = named.split(':')
    const isOfPort = port === namedPort || (port === '' && namedPort === usual)
    return isOfPort && (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host)
  })
}
