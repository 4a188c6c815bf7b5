import { createInterface } from 'node:readline'
import { type Answers, answersForm, InvalidInputError, readInput } from '@plinth/core'

interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: NodeJS.WritableStream
}

/** Kinds of work, and the answers that they stand for; their defaults are the advisor's. */
const kinds: Readonly<Record<string, Answers>> = {
  calls: {},
  documents: { knowledge: {} },
  steps: { workflow: {} },
  stream: { stream: {} },
  customers: { tenants: {} },
}

const questions: readonly { readonly text: string; readonly usual: string; readonly read: (typed: string) => Answers }[] = [
  {
    text: 'How long may an answer take (interactive, seconds, minutes, batch)?',
    usual: 'seconds',
    read: (typed) => readInput(answersForm, { response: typed }),
  },
  {
    text: 'How many requests a month?',
    usual: '100000',
    read: (typed) => readInput(answersForm, { requests_per_month: numberOf(typed) }),
  },
  {
    text: `What kind of work, several with commas (${Object.keys(kinds).join(', ')})?`,
    usual: 'calls',
    read: kindsOf,
  },
]

/**
 * The three answers that matter first; each is looked at as it is typed, and asked for again while it can't be right. An empty line takes
 * the default.
 * @throws InvalidInputError when the input ends before.
 */
export async function interview({ input, output }: Terminal): Promise<Answers> {
  const lines = createInterface({ input, output })
  let isOpen = true
  lines.once('close', () => {
    isOpen = false
  })
  // Kept while nobody asks, so that what was typed ahead answers the next question.
  const typedLines = lines[Symbol.asyncIterator]()
  // As without a question: the process ends by the signal.
  lines.once('SIGINT', () => {
    lines.close()
    process.kill(process.pid, 'SIGINT')
  })
  try {
    let answers: Answers = {}
    for (const { text, usual, read } of questions) {
      for (let found: Answers | undefined; found === undefined; ) {
        lines.setPrompt(`${text} [${usual}] `)
        // The input may have ended with lines that answer still.
        if (isOpen) lines.prompt()
        const next = await typedLines.next()
        if (next.done) throw new InvalidInputError('The answers ended before the questions.', { field: 'profile' })
        const typed = next.value.trim()
        found = attempt(() => read(typed === '' ? usual : typed), output)
        answers = { ...answers, ...found }
      }
    }
    return answers
  } finally {
    lines.close()
  }
}

function attempt(read: () => Answers, output: NodeJS.WritableStream): Answers | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    output.write(`${error.field === undefined ? '' : `${error.field}: `}${error.message}\n`)
    return undefined
  }
}

/** `1,000,000` and `1e6` are numbers, too; what is none is left for the form to refuse. */
function numberOf(typed: string): unknown {
  const value = Number(typed.replaceAll(/[,_ ]/g, ''))
  return Number.isNaN(value) ? typed : value
}

function kindsOf(typed: string): Answers {
  const names = typed.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !Object.hasOwn(kinds, name))
  if (unknown !== undefined)
    throw new InvalidInputError(`${unknown} is none of ${Object.keys(kinds).join(', ')}.`, { field: 'kind of work' })
  return Object.assign({}, ...names.map((name) => kinds[name]))
}
