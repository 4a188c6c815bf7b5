import { InvalidInputError } from '@plinth/core'
import { Command } from 'commander'
import { Client } from '../client.ts'
import { keyValues } from '../key-values.ts'

interface AskOptions {
  readonly topK?: string
  readonly filter?: readonly string[]
  readonly agent?: boolean
  readonly passages?: boolean
  readonly json?: boolean
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

export function askCommand(): Command {
  return new Command('ask')
    .description('Ask the documents that were ingested; the answer shows where each claim stands.')
    .argument('<question>', 'the question')
    .option('--top-k <number>', 'how many passages the answer may use')
    .option('--filter <field=value...>', 'only documents with this metadata')
    .option('--agent', 'let an agent look several times')
    .option('--passages', 'show what is found, without an answer')
    .option('--json', 'print JSON')
    .action(ask)
}

async function ask(question: string, options: AskOptions): Promise<void> {
  const body = {
    query: question,
    ...(options.topK === undefined ? {} : { top_k: numberOf(options.topK) }),
    ...(options.filter ? { filter: keyValues(options.filter, 'filter') } : {}),
    ...(options.agent && !options.passages ? { agent: true } : {}),
  }
  const client = await Client.fromEnvironment(process.env)
  const path = options.passages ? '/api/rag/retrieve' : '/api/rag/query'
  const answer = await client.call('POST', path, { body })
  if (options.json) return console.log(JSON.stringify(answer))
  if (options.passages) showPassages(answer as Passages)
  else showAnswer(answer as Answer)
}

function showAnswer({ response, confidence, abstained, citations }: Answer): void {
  console.log(response)
  if (citations.length > 0) console.log('')
  for (const { claim_start, claim_end, source, start, end } of citations) {
    const claim = response.slice(claim_start, claim_end)
    console.log(`  ${source}:${start}-${end}  ${claim.length > 60 ? `${claim.slice(0, 59)}…` : claim}`)
  }
  console.log(`\n${abstained ? 'No answer' : 'Confidence'}: ${confidence.toFixed(2)}`)
}

function showPassages({ results }: Passages): void {
  if (results.length === 0) console.log('Nothing is found.')
  for (const { source, content, start, end, page, score } of results) {
    const place = page === undefined ? '' : `, page ${page}`
    console.log(`${source}:${start}-${end}${place}  (${score.toFixed(2)})\n${content}\n`)
  }
}

function numberOf(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidInputError('--top-k must be a whole number.', { field: 'top-k' })
  return Number(text)
}
