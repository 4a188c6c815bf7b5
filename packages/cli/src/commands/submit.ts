import { closeSync, existsSync, openSync, realpathSync, writeSync } from 'node:fs'
import { InvalidInputError } from '@plinth/core'
import { Command } from 'commander'
import { Client, type Finished } from '../client.ts'
import { ProgressBar } from '../progress-bar.ts'
import { idempotencyKeyOf, type Prompt, readPrompts } from '../prompt-file.ts'

interface SubmitOptions {
  readonly file?: string
  readonly out?: string
  readonly model?: string
  readonly maxTokens?: string
  readonly priority?: string
  readonly concurrency: string
  readonly wait: boolean
  readonly again?: boolean
  readonly json?: boolean
}

export function submitCommand(): Command {
  return new Command('submit')
    .description('Send a prompt, or a file of prompts, and wait for the results.')
    .argument('[prompt]', 'the prompt')
    .option(
      '--file <prompts.jsonl>',
      'a prompt a line: a JSON string, or an object with "prompt" and any field of POST /api/requests',
    )
    .option('--out <results.jsonl>', 'where the results of a file go (default: its name with .results.jsonl)')
    .option('--model <id>', 'the model')
    .option('--max-tokens <number>', 'the most tokens of an answer')
    .option('--priority <lane>', 'high, normal or low')
    .option('--concurrency <number>', 'how many requests of a file are under way at a time', '128')
    .option('--again', 'send every line of a file anew, also those that were sent before')
    .option('--no-wait', 'print the acknowledgement and end')
    .option('--json', 'print JSON')
    .action(submit)
}

async function submit(prompt: string | undefined, options: SubmitOptions): Promise<void> {
  if ((prompt === undefined) === (options.file === undefined)) throw new InvalidInputError('Give either a prompt or --file.')
  const client = await Client.fromEnvironment(process.env)
  if (options.file !== undefined) return submitFile(client, options.file, options)
  const acknowledged = await client.submit({ prompt, ...settings(options) }, crypto.randomUUID())
  if (!options.wait) {
    const text = `${acknowledged.request_id}  done in about ${acknowledged.estimated_completion}`
    return console.log(options.json ? JSON.stringify(acknowledged) : text)
  }
  const finished = await client.wait(acknowledged.request_id)
  console.log(options.json ? JSON.stringify(finished) : textOf(finished))
  if (finished.status !== 'completed') process.exitCode = 1
}

async function submitFile(client: Client, file: string, options: SubmitOptions): Promise<void> {
  const prompts = readPrompts(file)
  const run = options.again ? crypto.randomUUID() : ''
  const path = options.out ?? `${file.replace(/\.jsonl?$/, '')}.results.jsonl`
  const out = openResults(path, file)
  const bar = new ProgressBar({ total: prompts.length, label: 'requests' })
  const counts = { good: 0, failed: 0 }
  const good = options.wait ? 'completed' : 'accepted'
  let next = 0
  const work = async (): Promise<void> => {
    for (let prompt = prompts[next++]; prompt; prompt = prompts[next++]) {
      const result = await workPrompt(client, prompt, options, (body) => idempotencyKeyOf(file, prompt.line, body, run))
      if (result.status === (options.wait ? 'completed' : 'processing')) counts.good++
      else counts.failed++
      writeSync(out, `${JSON.stringify({ line: prompt.line, ...result })}\n`)
      bar.advance()
    }
  }
  await Promise.all(Array.from({ length: concurrencyOf(options) }, work))
  closeSync(out)
  bar.end()
  console.log(
    options.json
      ? JSON.stringify({ [good]: counts.good, failed: counts.failed, out: path })
      : `${counts.good} ${good}, ${counts.failed} failed. Results: ${path}`,
  )
  if (counts.failed > 0) process.exitCode = 1
}

/** Before anything is sent: results that can't be kept are worth nothing. */
function openResults(path: string, file: string): number {
  if (existsSync(path) && realpathSync(path) === realpathSync(file)) {
    throw new InvalidInputError('--out would overwrite the prompts.', { field: 'out' })
  }
  try {
    return openSync(path, 'w')
  } catch (cause) {
    throw new InvalidInputError(`The results can't be written to ${path}.`, { field: 'out', cause })
  }
}

/** One line of a file; a prompt that is refused is a result too, and doesn't stop the others. */
async function workPrompt(
  client: Client,
  prompt: Prompt,
  options: SubmitOptions,
  keyOf: (body: object) => string,
): Promise<{ readonly status: string; readonly error?: unknown }> {
  try {
    const body = { ...settings(options), ...prompt.body }
    const acknowledged = await client.submit(body, keyOf(body))
    if (!options.wait) return { ...acknowledged, status: 'processing' }
    return await client.wait(acknowledged.request_id)
  } catch (error) {
    const { code = 'internal', message } = error as { code?: string; message: string }
    if (code === 'no_server' || code.startsWith('token_')) throw error
    return { status: 'refused', error: { code, message } }
  }
}

function settings(options: SubmitOptions): object {
  return {
    ...(options.model === undefined ? {} : { model_id: options.model }),
    ...(options.maxTokens === undefined ? {} : { max_tokens: tokensOf(options.maxTokens) }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
  }
}

function tokensOf(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidInputError('--max-tokens must be a whole number.', { field: 'max-tokens' })
  return Number(text)
}

function concurrencyOf(options: SubmitOptions): number {
  const number = Number(options.concurrency)
  if (!Number.isInteger(number) || number < 1 || number > 1_000)
    throw new InvalidInputError('--concurrency must be 1 to 1000.', { field: 'concurrency' })
  return number
}

function textOf(finished: Finished): string {
  if (finished.result === null)
    return `${finished.status}: ${finished.error?.message ?? ''} (${finished.error?.code ?? 'unknown'})`
  const cut = finished.result.stop_reason === 'end_turn' ? '' : `\n[stopped: ${finished.result.stop_reason}]`
  return finished.result.text + cut
}
