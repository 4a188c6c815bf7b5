import { InvalidInputError, patternNames } from '@plinth/core'
import { Command } from 'commander'
import { originOf } from '../init/checkout.ts'
import { advisedPatterns, askedPatterns, type Choice, everyPattern, namedPatterns } from '../init/choose-patterns.ts'
import { refuseTaken, writeProject } from '../init/write-project.ts'
import { shellWord } from '../words.ts'

interface InitOptions {
  readonly patterns?: string
  readonly profile?: string
  readonly json?: boolean
}

export function initCommand(): Command {
  return new Command('init')
    .description('Make a small working project on Plinth: its composition, a test, CI, and its infrastructure for AWS.')
    .argument('<directory>', 'a new folder, or an empty one')
    .option(
      '--patterns <names>',
      `some of ${patternNames.join(', ')}, with commas between them (default: asked on a terminal, else all)`,
    )
    .option('--profile <file.json>', 'the answers that plinth advise takes; the patterns are those that the advisor composes')
    .option('--json', 'print JSON, and ask nothing')
    .action(init)
}

async function init(directory: string, options: InitOptions): Promise<void> {
  refuseTaken(directory)
  const choice = await chosen(options)
  const origin = originOf()
  const files = writeProject(directory, choice, origin)
  const { patterns, reasons } = choice
  if (options.json) {
    console.log(JSON.stringify({ directory, patterns, reasons, linked_to: origin.checkout ?? null, files }, null, 2))
    return
  }
  const lines = [
    `${directory}: ${patterns.join(', ')}`,
    ...reasons.map((reason) => `  ${reason}`),
    ...files.map((file) => `  ${file}`),
    '',
    origin.checkout === undefined
      ? `The @plinth packages come from your registry, at version ${origin.version}.`
      : `The @plinth packages are not published yet: the project links to the checkout in ${origin.checkout}, which has to stay there, built.`,
    '',
    'Next:',
    `  cd ${shellWord(directory)}`,
    '  npm install',
    '  npm test',
    '  npm start',
  ]
  console.log(lines.join('\n'))
}

async function chosen({ patterns, profile, json }: InitOptions): Promise<Choice> {
  if (patterns !== undefined && profile !== undefined)
    throw new InvalidInputError('--patterns and --profile both say which patterns: give one of them.', { field: 'profile' })
  if (patterns !== undefined) return namedPatterns(patterns)
  if (profile !== undefined) return advisedPatterns(profile)
  // Standard output is what a program reads; a question to a person goes where messages go.
  if (process.stdin.isTTY && process.stderr.isTTY && !json) return askedPatterns({ input: process.stdin, output: process.stderr })
  return everyPattern
}
