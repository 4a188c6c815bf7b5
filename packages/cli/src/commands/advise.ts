import { type Advice, type Answers, advise, answersForm, givenPricesForm, InvalidInputError, readInput } from '@plinth/core'
import { catalogue, findEmbeddingModel, findLanguageModel } from '@plinth/models'
import { systemClock } from '@plinth/outbound'
import { Command } from 'commander'
import { interview } from '../advice/interview.ts'
import { adviceMarkdown, shownAdvice } from '../advice/show.ts'
import { readJsonObject } from '../json-file.ts'

interface AdviseOptions {
  readonly profile?: string
  readonly prices?: string
  readonly json?: boolean
  readonly markdown?: boolean
}

export function adviseCommand(): Command {
  return new Command('advise')
    .description(
      'Which patterns fit what you build, what they cost a month on AWS and why, and what breaks first. Needs no server.',
    )
    .option('--profile <file.json>', 'what you build; without it, three questions are asked')
    .option('--prices <file.json>', 'what you pay in the place of list prices')
    .option('--markdown', 'print a document')
    .option('--json', 'print JSON, as POST /api/advisor answers')
    .addHelpText(
      'after',
      `
A profile may leave everything out; what is taken for it is told. docs/advisor.md lists its fields, and those of prices.

  {"response": "interactive", "requests_per_month": 200000, "knowledge": {"documents": 5000}, "tenants": {"count": 40}}

  plinth advise
  plinth advise --profile product.json --markdown > advice.md`,
    )
    .action(run)
}

async function run(options: AdviseOptions): Promise<void> {
  if (options.json && options.markdown) throw new InvalidInputError('Give --json or --markdown, not both.', { field: 'markdown' })
  const advice = await adviceOn(options)
  if (options.json) console.log(JSON.stringify(advice))
  else if (options.markdown) console.log(adviceMarkdown(advice))
  else console.log(shownAdvice(advice).join('\n'))
}

/** @throws InvalidInputError that names the field, and says in which file it stands. */
export async function adviceOn({ profile, prices }: AdviseOptions): Promise<Advice> {
  const given = prices === undefined ? undefined : readFile(prices, 'prices', givenPricesForm)
  const answers = profile === undefined ? await asked() : readFile(profile, 'profile', answersForm)
  const files: Readonly<Record<string, string | undefined>> = { profile, prices }
  try {
    return advise(answers, {
      today: systemClock.now(),
      findModel: (id, kind) => (kind === 'language' ? findLanguageModel(id) : findEmbeddingModel(id)),
      entries: catalogue,
      ...(given && { prices: given }),
    })
  } catch (error) {
    if (!(error instanceof InvalidInputError) || error.field === undefined) throw error
    const [place = '', ...rest] = error.field.split('.')
    throw refused(error, files[place] ?? place, rest.join('.'))
  }
}

async function asked(): Promise<Answers> {
  if (process.stdin.isTTY) return interview({ input: process.stdin, output: process.stderr })
  throw new InvalidInputError(
    'Nobody is there to be asked: give a profile by --profile file.json. (plinth advise --help shows one)',
    {
      field: 'profile',
    },
  )
}

function readFile<Value>(path: string, field: string, form: Parameters<typeof readInput<Value>>[0]): Value {
  const value = readJsonObject(path, field)
  try {
    return readInput(form, value)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw refused(error, path, error.field)
  }
}

/** Says where it stands. */
function refused(error: InvalidInputError, file: string, field: string | undefined): InvalidInputError {
  // Some messages begin with the field.
  const isNamed = field === undefined || field === '' || error.message.startsWith(field)
  const place = isNamed ? file : `${file}: ${field}`
  return new InvalidInputError(`${place}: ${error.message}`, { code: error.code, cause: error, ...(field && { field }) })
}
