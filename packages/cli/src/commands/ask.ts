import { readFile, writeFile } from 'node:fs/promises'
import { InvalidInputError, PlinthError } from '@plinth/core'
import { Command } from 'commander'
import { Client } from '../client.ts'
import { keyValues } from '../key-values.ts'
import { printable, printableText } from '../printable.ts'
import { serverEvents } from '../server-events.ts'
import { unreadFile } from '../unread-file.ts'

interface AskOptions {
  readonly topK?: string
  readonly filter?: readonly string[]
  readonly conversation?: string
  readonly agent?: boolean
  readonly passages?: boolean
  readonly stream?: boolean
  readonly json?: boolean
}

interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

interface Answer {
  readonly response: string
  readonly confidence: number
  readonly abstained: boolean
  readonly citations: readonly {
    readonly claim_start: number
    readonly claim_end: number
    readonly source: string
    readonly start: number
    readonly end: number
  }[]
}

interface Passages {
  readonly results: readonly {
    readonly source: string
    readonly content: string
    readonly start: number
    readonly end: number
    readonly page?: number
    readonly score: number
  }[]
}

/** Turns that a question may come with. */
const mostTurns = 100

export function askCommand(): Command {
  return new Command('ask')
    .description('Ask the documents that were ingested; the answer shows where each claim stands.')
    .argument('<question>', 'the question')
    .option('--top-k <number>', 'how many passages the answer may use, 1 to 100 (default: 5)')
    .option('--filter <field=value...>', 'only documents with this metadata')
    .option('--conversation <file>', 'go on with the conversation that this file keeps; it is made if it is not there')
    .option('--agent', 'let an agent look several times')
    .option('--passages', 'show what is found, without an answer')
    .option('--stream', 'show the answer as it comes')
    .option('--json', 'print JSON; with --stream an event a line')
    .addHelpText(
      'after',
      `
A claim's place is source:start-end, in characters of the document's text (GET /api/documents/{id}/text).
"No answer" means that the documents hold none; the exit code is 0 then, too.

  plinth ask "How often is the pump serviced?"
  plinth ask "And who does it?" --conversation pumps.json
  plinth ask "pump seal" --passages --top-k 3 --filter shelf=a`,
    )
    .action(ask)
}

async function ask(question: string, options: AskOptions): Promise<void> {
  if (question.trim() === '') throw new InvalidInputError('The question is empty.', { field: 'question' })
  const { conversation, passages, stream, json } = options
  const history = conversation === undefined ? [] : await turnsOf(conversation)
  const body = {
    query: question,
    ...(options.topK === undefined ? {} : { top_k: numberOf(options.topK) }),
    ...(options.filter ? { filter: keyValues(options.filter, 'filter') } : {}),
    ...(history.length > 0 ? { history } : {}),
    ...(options.agent && !passages ? { agent: true } : {}),
  }
  const client = await Client.fromEnvironment(process.env)
  if (passages) {
    const found = (await client.call('POST', '/api/rag/retrieve', { body })) as Passages
    return json ? console.log(JSON.stringify(found)) : showPassages(found)
  }
  const answer = stream
    ? await streamed(client, body, json === true)
    : ((await client.call('POST', '/api/rag/query', { body })) as Answer)
  if (json && !stream) console.log(JSON.stringify(answer))
  if (!json) showAnswer(answer, stream === true)
  if (conversation === undefined) return
  const turns: Turn[] = [...history, { role: 'user', content: question }, { role: 'assistant', content: answer.response }]
  await writeFile(conversation, `${JSON.stringify(turns, null, 2)}\n`)
}

/** Shows the answer as it comes. @returns it as it counts, checked against its sources. */
async function streamed(client: Client, body: object, json: boolean): Promise<Answer> {
  const bytes = await client.stream('/api/rag/query', { type: 'text/event-stream', body: { ...body, stream: true } })
  let shown = ''
  for await (const { event, data } of serverEvents(bytes)) {
    if (json) console.log(JSON.stringify({ event, data }))
    if (event === 'error') {
      const { code, detail, message = detail } = data as { code?: string; detail?: string; message?: string }
      throw new PlinthError(code ?? 'failed', message ?? 'The answer broke off.', true)
    }
    if (event === 'token' && !json) {
      const { text } = data as { text: string }
      process.stdout.write(printableText(text))
      shown += text
    }
    if (event !== 'done') continue
    const answer = data as Answer
    const isWhole = shown.trim() === answer.response.trim()
    if (!json) process.stdout.write(isWhole ? '\n' : `${shown && '\n\n'}${printableText(answer.response)}\n`)
    return answer
  }
  throw new PlinthError('interrupted', 'The answer broke off.', true)
}

function showAnswer({ response, confidence, abstained, citations }: Answer, isShown: boolean): void {
  if (!isShown) console.log(printableText(response))
  if (citations.length > 0) console.log('')
  for (const { claim_start, claim_end, source, start, end } of citations) {
    const claim = response.slice(claim_start, claim_end).replaceAll(/\s+/g, ' ')
    console.log(printable(`  ${source}:${start}-${end}  ${claim.length > 60 ? `${claim.slice(0, 59)}…` : claim}`))
  }
  console.log(`\n${abstained ? 'No answer; confidence' : 'Confidence'}: ${confidence.toFixed(2)}`)
}

function showPassages({ results }: Passages): void {
  if (results.length === 0) console.log('Nothing is found.')
  for (const { source, content, start, end, page, score } of results) {
    const place = page === undefined ? '' : `, page ${page}`
    console.log(`${printable(source)}:${start}-${end}${place}  (${score.toFixed(2)})\n${printableText(content)}\n`)
  }
}

function numberOf(text: string): number {
  const number = Number(text)
  if (/^\d{1,3}$/.test(text) && number >= 1 && number <= 100) return number
  throw new InvalidInputError('--top-k must be a whole number from 1 to 100.', { field: 'top-k' })
}

/** The turns that a file keeps, the latest; none where there is no such file. */
async function turnsOf(file: string): Promise<readonly Turn[]> {
  let words: string
  try {
    words = await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ENOENT') return []
    throw unreadFile(file, 'conversation', cause)
  }
  const turns = parsed(words)
  if (Array.isArray(turns) && turns.every(isTurn)) return turns.slice(-mostTurns)
  throw new InvalidInputError(`${file} holds no conversation: a list of {"role": "user" or "assistant", "content"}.`, {
    field: 'conversation',
  })
}

function isTurn(value: unknown): value is Turn {
  const { role, content } = (value ?? {}) as Partial<Turn>
  return (role === 'user' || role === 'assistant') && typeof content === 'string'
}

function parsed(words: string): unknown {
  try {
    return JSON.parse(words)
  } catch {
    return undefined
  }
}
