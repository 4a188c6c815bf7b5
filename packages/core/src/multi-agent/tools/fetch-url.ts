import type { JsonObject } from '../../json.ts'
import { UnreadableDocumentError } from '../../ports/document-reader.ts'
import { OutboundError, type OutboundResponse } from '../../ports/outbound.ts'
import type { Scope } from '../../scope/scope.ts'
import { isOfHosts } from './fetch-hosts.ts'
import type { Tool, ToolAnswer } from './tool.ts'

const timeout = 20_000
const mostBytes = 2 * 1024 * 1024
const mostRedirects = 4

const inputSchema: JsonObject = {
  type: 'object',
  properties: { url: { type: 'string', description: 'An https or http URL.' } },
  required: ['url'],
  additionalProperties: false,
}

/**
 * Reads a page of a host that the agent's definition names. Each address on the way is held against that list, and goes through the guard
 * that webhooks go through, too, so that no name leads into the network that Plinth runs in.
 * @param hosts as the agent's tools name them.
 */
export function fetchUrl(hosts: readonly string[]): Tool {
  return {
    name: 'fetch_url',
    description: `Reads a web page or file as text. Hosts that can be read: ${hosts.join(', ')}.`,
    inputSchema,
    changes: false,
    async run({ scope, input, signal }) {
      try {
        return await read(scope, hosts, String(input.url), signal)
      } catch (error) {
        if (error instanceof OutboundError || error instanceof UnreadableDocumentError)
          return { text: error.message, failed: true }
        throw error
      }
    },
  }
}

async function read(scope: Scope, hosts: readonly string[], first: string, signal: AbortSignal): Promise<ToolAnswer> {
  let url = first
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    if (!URL.canParse(url)) return refused('That is no URL.')
    if (!/^https?:/i.test(url)) return refused('Only http and https are read.')
    if (!isOfHosts(new URL(url), hosts))
      return refused(`${new URL(url).host.slice(0, 300)} is none of the hosts that can be read.`)
    const response = await scope.outbound.send({
      ...{ method: 'GET', url, timeout, maxBytes: mostBytes, signal },
      headers: { accept: 'text/html, text/*, application/json, application/pdf, */*;q=0.1', 'accept-encoding': 'identity' },
    })
    const { status, headers } = response
    const to = status >= 300 && status < 400 ? headers.location : undefined
    if (to === undefined)
      return status < 200 || status > 299 ? refused(`The server answered ${status}.`) : textOf(scope, url, response, signal)
    if (!URL.canParse(to, url)) return refused('The server leads to what is no URL.')
    url = new URL(to, url).href
  }
  return refused('The server leads from one address to the next.')
}

async function textOf(scope: Scope, url: string, { headers, body }: OutboundResponse, signal: AbortSignal): Promise<ToolAnswer> {
  const [type = ''] = (headers['content-type'] ?? 'text/plain').toLowerCase().split(';')
  const contentType = type.trim()
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') return refused('The server packed its answer, which it was asked not to.')
  const isText = /^(?:text\/(?!html)[\w.+-]+|application\/(?:[\w.+-]+\+)?(?:json|xml))$/.test(contentType)
  if (isText) return { text: decode(body, headers['content-type'] ?? ''), sources: [url] }
  if (!scope.reader.reads(contentType)) return refused(`What the server gave is ${contentType.slice(0, 100)}, which is not read.`)
  const { text } = await scope.reader.read({ name: 'page', contentType, bytes: body }, { signal })
  return { text, sources: [url] }
}

function decode(bytes: Uint8Array, contentType: string): string {
  const [, charset = 'utf-8'] = /charset="?([\w.:-]+)/i.exec(contentType) ?? []
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}

function refused(text: string): ToolAnswer {
  return { text, failed: true }
}
