/** What comes in: calls of all five patterns and of the gateway, by several tenants. @module */
import { promptOf } from '../../event-driven/harness/sizes.mjs'

/** Documents and keys come again and again, so that an index and a stream have a size of their own, however long the load lasts. */
const sources = 200
const keys = 50
const recordsAtATime = 10
const remembered = 500
const json = { 'content-type': 'application/json' }

/** Of a hundred arrivals. What a call makes is told by `made`, of its body; only what `lasting` says is kept by the server. */
export const kinds = {
  request: { share: 40, lasting: true, call: request, made: (body) => [body.request_id] },
  shown: { share: 10, call: shown },
  listed: { share: 3, call: listed },
  chat: { share: 15, call: chat },
  question: { share: 10, call: question },
  document: { share: 5, lasting: true, call: document, made: (body) => body.map((each) => each.document_id) },
  records: { share: 15, lasting: true, call: records, made: (body) => [body.accepted] },
  workflow: { share: 2, lasting: true, call: workflow, made: (body) => [body.workflow_id] },
}

/** Which kind the n-th arrival is: the same every time, and spread evenly over any hundred that follow one another. */
export function kindOf(number) {
  // 37 has no factor in common with 100: every hundred arrivals meet each place once.
  let place = (number * 37) % 100
  for (const [name, { share }] of Object.entries(kinds)) {
    if (place < share) return name
    place -= share
  }
  throw new Error('The shares are not a hundred.')
}

/** The calls of one tenant. */
export class TenantCalls {
  #token
  #recent = []

  constructor(token) {
    this.#token = token
  }

  /** @returns method, path, headers and body of the n-th arrival. */
  call(kind, number) {
    const { method = 'POST', path, body } = kinds[kind].call(number, this.#recent)
    const authorization = `Bearer ${this.#token}`
    if (body === undefined) return { method, path, headers: { authorization } }
    return { method, path, headers: { authorization, ...json }, body: JSON.stringify(body) }
  }

  /** Later calls ask for some of what was made. */
  remember(id) {
    this.#recent.push(id)
    if (this.#recent.length > remembered) this.#recent.shift()
  }
}

function request(number) {
  return { path: '/api/requests', body: { prompt: promptOf(number) } }
}

function shown(number, recent) {
  const id = recent[(number * 7919) % (recent.length || 1)]
  return { method: 'GET', path: id === undefined ? '/api/requests?limit=1' : `/api/requests/${id}` }
}

function listed(number) {
  return { method: 'GET', path: number % 2 === 0 ? '/api/requests?limit=50' : '/api/streams' }
}

function chat(number) {
  return { path: '/v1/chat/completions', body: { model: 'scripted', messages: [{ role: 'user', content: promptOf(number) }] } }
}

function question(number) {
  return { path: '/api/rag/query', body: { query: `When was pump ${number % sources} of the plant repaired, and by whom?` } }
}

/** About three passages; each is the next version of a document that is there. */
function document(number) {
  const about = (number * 31) % sources
  const line = `Pump ${about} of the plant was repaired on day ${number % 28} by team ${number % 9}. Its pressure is ${number % 97} bar. `
  return { path: '/api/documents', body: { documents: [{ source: `pump-${about}.txt`, content: line.repeat(25) }] } }
}

function records(number) {
  const each = (_, index) => ({
    key: `pump-${(number * recordsAtATime + index) % keys}`,
    data: { pressure: 5 + Math.sin((number + index) / 50), temperature: 60 + ((number * 13 + index) % 7) },
  })
  return { path: '/api/streams/pumps/records', body: { records: Array.from({ length: recordsAtATime }, each) } }
}

function workflow(number) {
  const step = (id, agent_type, dependencies) => ({ id, agent_type, dependencies, prompt: `${id} of case ${number}` })
  const steps = [step('look', 'research', []), step('weigh', 'analysis', ['look']), step('tell', 'report', ['weigh'])]
  return { path: '/api/workflows', body: { request: `Case ${number}`, plan: { steps, success_criteria: [] } } }
}
