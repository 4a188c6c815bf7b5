import { OutboundError } from '../../ports/outbound.ts'
import type { Tool } from './tool.ts'

const timeout = 20_000
const mostBytes = 1024 * 1024
const shown = 20_000
/** What an agent's tools say of it: `fetch_url:example.org`, or `fetch_url:*.example.org`. */
export const fetchPrefix = 'fetch_url:'

/**
 * Reads a page of a host that the agent's definition names. What may be called is looked at by the guard that webhooks go through, too, so
 * that no name leads into the network that Plinth runs in.
 * @param hosts as the agent's tools name them.
 */
export function fetchUrl(hosts: readonly string[]): Tool {
  return {
    name: 'fetch_url',
    description: `Reads a web page or file as text. Hosts that can be read: ${hosts.join(', ')}.`,
    inputSchema: {
      type: 'object',
      properties: { url: { type: 'string', description: 'An https URL.' } },
      required: ['url'],
      additionalProperties: false,
    },
    changes: false,
    async run({ scope, input, signal }) {
      const url = String(input['url'])
      if (!URL.canParse(url)) return { text: 'That is no URL.', failed: true }
      const { hostname } = new URL(url)
      if (!hosts.some((host) => isOf(hostname, host))) return { text: `${hostname} is none of the hosts that can be read.`, failed: true }
      try {
        const { status, headers, body } = await scope.outbound.send({
          ...{ method: 'GET', url, timeout, maxBytes: mostBytes, signal },
          headers: { accept: 'text/html, text/plain, application/json, */*;q=0.1', 'accept-encoding': 'identity' },
        })
        if (status < 200 || status > 299) return { text: `The server answered ${status}.`, failed: true }
        const type = headers['content-type'] ?? ''
        const text = new TextDecoder().decode(body)
        return { text: (type.includes('html') ? textOfHtml(text) : text).slice(0, shown).toWellFormed() }
      } catch (error) {
        if (error instanceof OutboundError) return { text: error.message, failed: true }
        throw error
      }
    },
  }
}

/** Exactly the host, or one below it. */
function isOf(hostname: string, host: string): boolean {
  return host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host
}

/** The words of a page, roughly: a model can read the rest. */
function textOfHtml(html: string): string {
  return html
    .replaceAll(/<(script|style|noscript|template)\b[\s\S]*?<\/\1\s*>/gi, ' ')
    .replaceAll(/<!--[\s\S]*?-->/g, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
