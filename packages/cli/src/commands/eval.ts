import { InvalidInputError, normalisedGain, tune } from '@plinth/core'
import { Command } from 'commander'
import { openBench } from '../evaluation/bench.ts'
import { openDataset } from '../evaluation/dataset-folder.ts'
import { measureAnswers } from '../evaluation/measure-answers.ts'
import { type Ranked, rankAll, retrievalFigures } from '../evaluation/measure-retrieval.ts'
import { keyValues } from '../key-values.ts'

interface EvalOptions {
  readonly dataset: string
  readonly limit?: string
  readonly words?: boolean
  readonly data?: string
  readonly min?: readonly string[]
  readonly max?: readonly string[]
  readonly json?: boolean
}

/** What tuning tries. */
const weights = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]

export function evalCommand(): Command {
  const command = new Command('eval').description(
    'Measure retrieval and answers on your own questions, on a Plinth of its own; for CI, with thresholds and --json.',
  )
  command.addCommand(withOptions('retrieval', 'nDCG@10, recall and MRR of what is found.').action(evalRetrieval))
  command.addCommand(withOptions('answers', 'F1, evidence, refusals and calibration of what is answered.').action(evalAnswers))
  command.addCommand(
    withOptions('tune', 'Which weight vectors should have beside words on these questions, and how sure that is.').action(
      evalTune,
    ),
  )
  return command
}

function withOptions(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .requiredOption('--dataset <folder>', 'with corpus.jsonl {id, title, text}, queries.jsonl {id, text} and qrels.tsv')
    .option('--limit <number>', 'only so many questions, evenly from all of them')
    .option('--data <folder>', 'keep the data here: the next run reads and embeds only what changed in the collection')
    .option('--words', 'find by words alone, without waiting for vectors')
    .option('--min <figure=value...>', 'fail when a figure is below')
    .option('--max <figure=value...>', 'fail when a figure is above')
    .option('--json', 'print JSON')
}

async function evalRetrieval(options: EvalOptions): Promise<void> {
  await onBench('ranking', options, async ({ client, chunks, questions, judgements, fields }) => {
    const { ranked, times } = await rankAll(client, questions, judgements, fields)
    return { ...retrievalFigures(ranked, times), chunks }
  })
}

async function evalAnswers(options: EvalOptions): Promise<void> {
  await onBench('answers', options, async ({ client, chunks, questions }) => ({
    ...(await measureAnswers(client, questions)),
    chunks,
  }))
}

async function evalTune(options: EvalOptions): Promise<void> {
  if (options.words) throw new InvalidInputError('--words leaves nothing to tune.', { field: 'words' })
  await onBench('ranking', options, async ({ client, questions, judgements }) => {
    const { dense_weight: current } = (await client.call('GET', '/api/rag/index')) as { dense_weight: number }
    const gains = new Map<number, ReadonlyMap<string, number>>()
    let asked: readonly Ranked[] = []
    for (const weight of new Set([...weights, current])) {
      const { ranked } = await rankAll(client, questions, judgements, { dense_weight: weight })
      asked = ranked
      gains.set(weight, new Map(ranked.map((one) => [one.question.id, normalisedGain(one.ranking, one.judgements, 10)])))
    }
    const tuned = tune({
      questions: asked.map(({ question }) => question.id),
      settings: weights,
      current,
      measure: (id, weight) => gains.get(weight)?.get(id) ?? 0,
    })
    return {
      questions: asked.length,
      current,
      chosen: tuned.chosen,
      'ndcg@10': tuned.expected.mean,
      'ndcg@10_low': tuned.expected.low,
      'ndcg@10_high': tuned.expected.high,
      gain: tuned.gain.mean,
      gain_low: tuned.gain.low,
      gain_high: tuned.gain.high,
      settings: tuned.settings.map(({ setting, score }) => ({ dense_weight: setting, ...score })),
      advice:
        tuned.gain.low > 0
          ? `PUT /api/rag/index {"dense_weight": ${tuned.chosen}}`
          : 'Leave it: the gain may be chance. More questions say more.',
    }
  })
}

type Bench = Awaited<ReturnType<typeof openBench>>
type Questions = Pick<Awaited<ReturnType<typeof openDataset>>, 'questions' | 'judgements'>

async function onBench(
  what: 'ranking' | 'answers',
  options: EvalOptions,
  measure: (parts: Bench & Questions & { readonly fields: object }) => Promise<object>,
): Promise<void> {
  const thresholds = thresholdsOf(options)
  const { corpus, questions: all, judgements } = await openDataset(options.dataset)
  const questions = some(what === 'answers' ? all : all.filter(({ id }) => judgements.has(id)), options.limit)
  const bench = await openBench({
    corpus,
    vectors: !options.words,
    ...(options.data === undefined ? {} : { directory: options.data }),
  })
  try {
    const fields = options.words ? { dense_weight: 0 } : {}
    const figures = await measure({ ...bench, questions, judgements, fields })
    show(figures, options)
    for (const missed of missedOf(figures as Record<string, unknown>, thresholds)) {
      console.error(missed)
      process.exitCode = 1
    }
  } finally {
    await bench.stop()
  }
}

function some<Item>(all: readonly Item[], limit: string | undefined): readonly Item[] {
  if (limit === undefined) return all
  const most = Number(limit)
  if (!Number.isInteger(most) || most < 1) throw new InvalidInputError('--limit must be a whole number.', { field: 'limit' })
  if (most >= all.length) return all
  return Array.from({ length: most }, (_, index) => all[Math.floor((index * all.length) / most)]).filter(
    (item) => item !== undefined,
  )
}

function show(figures: object, { json }: EvalOptions): void {
  if (json) {
    console.log(JSON.stringify(figures))
    return
  }
  for (const [name, value] of Object.entries(figures)) {
    if (Array.isArray(value))
      for (const row of value)
        console.log(
          Object.entries(row)
            .map(([key, cell]) => `${key} ${text(cell)}`)
            .join('  '),
        )
    else console.log(`${name.padEnd(22)} ${text(value)}`)
  }
}

function text(value: unknown): string {
  if (value === null) return '–'
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : String(value)
}

interface Threshold {
  readonly figure: string
  readonly border: number
  readonly side: 'below' | 'above'
}

/** Read before anything is measured, which may take minutes. */
function thresholdsOf({ min = [], max = [] }: EvalOptions): readonly Threshold[] {
  const read = (words: readonly string[], option: string, side: Threshold['side']): readonly Threshold[] =>
    Object.entries(keyValues(words, option)).map(([figure, border]) => {
      if (border.trim() === '' || !Number.isFinite(Number(border)))
        throw new InvalidInputError(`--${option} ${figure}=${border}: this is no number.`, { field: option })
      return { figure, border: Number(border), side }
    })
  return [...read(min, 'min', 'below'), ...read(max, 'max', 'above')]
}

/** Thresholds that aren't met, in words. */
function* missedOf(figures: Readonly<Record<string, unknown>>, thresholds: readonly Threshold[]): Generator<string> {
  for (const { figure, border, side } of thresholds) {
    const value = figures[figure]
    if (value === null)
      throw new InvalidInputError(`The questions tell nothing by which ${figure} could be measured.`, { field: figure })
    if (typeof value !== 'number')
      throw new InvalidInputError(`There is no figure ${figure}; these are: ${Object.keys(figures).join(', ')}.`, {
        field: figure,
      })
    if (side === 'below' ? value < border : value > border) yield `${figure} is ${text(value)}, ${side} ${border}.`
  }
}
