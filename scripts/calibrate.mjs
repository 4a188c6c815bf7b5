// Calibrates the confidence of retrieval-augmented answers on labelled questions, and prints how good it is.
//
//   node --conditions=@plinth/source scripts/calibrate.mjs DATA KEPT [--write]
//
// DATA holds two folders of corpus.jsonl {id, title, text} and queries.jsonl {id, text, …}: squad2-dev, whose questions have `doc`
// ("article#paragraph"), `answerable` and `answers`, and scifact-train, whose claims have `evidence` [{doc, sentences}]. Neither is part
// of Plinth. KEPT is a folder for two Plinths with these documents, and for what they found: their vectors take a processor a quarter
// of an hour, once. --write puts weights and figures in their places.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ask, readSet } from './calibration/ask.mjs'
import { figuresOf } from './calibration/figures.mjs'
import { fitLogistic, predict } from './calibration/logistic.mjs'
import { auroc, expectedCalibrationError, reliability, riskCoverage } from './calibration/metrics.mjs'
import { retrieveAll } from './calibration/retrieve.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [data, kept] = process.argv.slice(2).filter((word) => !word.startsWith('--'))
if (kept === undefined) {
  console.error('Where is the data? node --conditions=@plinth/source scripts/calibrate.mjs DATA KEPT [--write]')
  process.exit(2)
}

const relatedNames = ['lexical', 'passage', 'window', 'pairs', 'agreement']
const answeredNames = ['missing', 'names', 'numbers', 'denial', 'opposite', 'fit']
/** Of what is asked, in the population that the probability is about. */
const shares = { answerable: 0.5, adversarial: 0.25, 'off topic': 0.25 }
/** Of the questions that have an answer, how many may be turned away unasked. */
const turnedAway = 0.001

const rows = await askAll()
const articles = [...new Set(rows.map(({ group }) => group).filter((group) => typeof group === 'string'))]
for (const [fold, article] of articles.entries()) {
  const isHeldOut = ({ group }) => group === article || group === fold
  const weights = weigh(rows.filter((row) => !isHeldOut(row)))
  for (const row of rows.filter(isHeldOut)) Object.assign(row, judge(weights, row))
}
const measured = measure()
console.log(measured.text)
const weights = weigh(rows)
console.log(JSON.stringify(weights, null, 2))
if (process.argv.includes('--write')) write()

async function askAll() {
  const squad = readSet(join(data, 'squad2-dev'))
  const scifact = readSet(join(data, 'scifact-train'))
  const ofSquad = squad.queries.map((query) => ({
    kind: query.answerable ? 'answerable' : 'adversarial',
    group: query.doc.split('#')[0],
    query,
  }))
  const ofScifact = []
  // Claims of one field asked of another's documents, and the other way round; in folds of their own.
  for (const [at, query] of scifact.queries.entries()) {
    ofSquad.push({ kind: 'off topic', group: at % 8, query })
    ofScifact.push({ kind: 'claim', group: at % 8, query })
  }
  const answerable = squad.queries.filter((query) => query.answerable)
  for (const [at, query] of answerable.entries())
    if (at % 2 === 0) ofScifact.push({ kind: 'off topic of claims', group: at % 8, query })
  return [...(await askSet(squad, join(kept, 'squad'), ofSquad)), ...(await askSet(scifact, join(kept, 'scifact'), ofScifact))]
}

async function askSet(set, folder, asked) {
  const found = await retrieveAll({ corpus: set.byId.values(), kept: folder, texts: asked.map(({ query }) => query.text) })
  const rows = []
  for (const { query, ...row } of asked) rows.push({ ...row, ...(await ask(set, query, found.get(query.text))) })
  return rows
}

/** Related: is it about this at all? Answered: if so, is the answer there? */
function weigh(from) {
  const isRelated = { answerable: 1, adversarial: 1, claim: 1, 'off topic': 0, 'off topic of claims': 0 }
  const balance = { ...shares, claim: 0.15, 'off topic of claims': 0.05 }
  const related = fitLogistic(
    weighed(from, (kind) => isRelated[kind], balance),
    relatedNames,
  )
  const answered = fitLogistic(
    weighed(from, (kind) => (kind === 'answerable' ? 1 : kind === 'adversarial' ? 0 : undefined), shares),
    answeredNames,
  )
  const certain = from
    .filter(({ kind }) => kind === 'answerable')
    .map(({ features }) => predict(related, features))
    .sort((one, two) => one - two)
  return {
    related: rounded(related),
    answered: rounded(answered),
    floor: round(certain[Math.floor(certain.length * turnedAway)]),
  }
}

function weighed(from, labelOf, balance) {
  return from.flatMap(({ kind, features }) => {
    const label = labelOf(kind)
    if (label === undefined) return []
    return [{ features, label, weight: balance[kind] / from.filter((row) => row.kind === kind).length }]
  })
}

function judge({ related, answered, floor }, { features, answer, isAbstained }) {
  const probability = predict(related, features) * predict(answered, features)
  return {
    confidence: isAbstained || answer.citations.length === 0 ? Math.min(probability, 0.49) : probability,
    isBelowFloor: predict(related, features) < floor,
  }
}

function measure() {
  const of = (kind) => rows.filter((row) => row.kind === kind)
  const mixed = (mix, labelOf = ({ kind }) => (kind === 'answerable' ? 1 : 0)) =>
    Object.entries(mix).flatMap(([kind, share]) =>
      of(kind).map((row) => ({ confidence: row.confidence, label: labelOf(row), weight: share / of(kind).length })),
    )
  const negatives = (mix) => mixed(mix).filter(({ label }) => label === 0)
  const answerable = of('answerable')
  const rate = (list, has) => list.filter(has).length / list.length
  const sum = (list, value) => list.reduce((total, row) => total + value(row), 0)
  const given = answerable.filter(({ confidence }) => confidence >= 0.5)
  const claims = of('claim').filter(({ evidence }) => evidence > 0)
  const number = (value) => value.toFixed(3)
  const table = [
    ['ECE, half answerable, a quarter adversarial, a quarter off topic', expectedCalibrationError(mixed(shares))],
    ['ECE, a third each', expectedCalibrationError(mixed({ answerable: 1, adversarial: 1, 'off topic': 1 }))],
    ['ECE, answerable and adversarial, half each', expectedCalibrationError(mixed({ answerable: 1, adversarial: 1 }))],
    ['ECE, answerable and off topic, half each', expectedCalibrationError(mixed({ answerable: 1, 'off topic': 1 }))],
    ['AUROC against off topic', auroc(answerable, of('off topic'))],
    ['AUROC of claims against off topic', auroc(of('claim'), of('off topic of claims'))],
    ['AUROC against a mix, half adversarial', auroc(answerable, negatives(shares))],
    ['AUROC against adversarial alone', auroc(answerable, of('adversarial'))],
    ...['answerable', 'adversarial', 'off topic', 'claim', 'off topic of claims'].map((kind) => [
      `answered: ${kind}`,
      rate(of(kind), ({ confidence }) => confidence >= 0.5),
    ]),
    ['below the floor: answerable', rate(answerable, (row) => row.isBelowFloor)],
    ['below the floor: off topic', rate(of('off topic'), (row) => row.isBelowFloor)],
    [
      'F1 of the response, all answerable',
      sum(answerable, ({ f1, confidence }) => (confidence >= 0.5 ? f1 : 0)) / answerable.length,
    ],
    ['F1 of the response, those answered', sum(given, ({ f1 }) => f1) / given.length],
    ['response holds an accepted answer, those answered', rate(given, (row) => row.holdsAnswer)],
    ['citations whose span holds it', sum(given, (row) => row.citationsWithAnswer) / sum(given, (row) => row.citations)],
    ['answers with such a citation', rate(given, (row) => row.citationsWithAnswer > 0)],
    ['evidence sentences of claims that are cited', sum(claims, (row) => row.evidenceFound) / sum(claims, (row) => row.evidence)],
    ['claims with a cited evidence sentence', rate(claims, (row) => row.evidenceFound > 0)],
  ]
  const bins = reliability(mixed(shares))
  const curves = {
    'has an answer': riskCoverage(mixed(shares)),
    'response holds it': riskCoverage(mixed(shares, (row) => (row.holdsAnswer ? 1 : 0))),
  }
  const lines = table.map(([words, value]) => `${words.padEnd(66)} ${number(value)}`)
  const perArticle = articles.map((article) => {
    const own = (kind) => of(kind).filter(({ group }) => group === article)
    return `${article} ${number(auroc(own('answerable'), own('adversarial')))}`
  })
  const text = [...lines, '', `adversarial alone, by article: ${perArticle.join(', ')}`].join('\n')
  return { table, bins, curves, text }
}

function write() {
  const file = join(root, 'packages/core/src/rag/answer/confidence-weights.ts')
  const counts = Object.entries(Object.groupBy(rows, ({ kind }) => kind)).map(([kind, list]) => `${list.length} ${kind}`)
  writeFileSync(file, weightsFile(weights, counts))
  for (const [name, content] of Object.entries(figuresOf(measured))) {
    writeFileSync(join(root, 'docs/patterns/rag-figures', name), content)
  }
}

function weightsFile({ related, answered, floor }, counts) {
  const object = (of) =>
    `{\n${Object.entries(of)
      .map(([name, value]) => `    ${name}: ${value},\n`)
      .join('')}  }`
  return `import type { LogisticWeights } from './confidence.ts'

/**
 * Made by scripts/calibrate.mjs, which says how; don't edit. From so many questions and claims of SQuAD 2.0 (CC BY-SA 4.0) and SciFact
 * (CC BY 4.0), none of which is part of Plinth: ${counts.join(', ')}.
 * The probability is about a population in which half of what is asked has an answer, a quarter only looks as if it had one, and a
 * quarter is about something else.
 */
export const confidenceWeights: {
  /** Whether what was found is about the question. */
  readonly related: LogisticWeights
  /** Whether it holds the answer, when it is. */
  readonly answered: LogisticWeights
  /** Below this probability of being related no model is asked: one in ${Math.round(1 / turnedAway)} questions with an answer lies there. */
  readonly floor: number
} = {
  related: ${object(related)},
  answered: ${object(answered)},
  floor: ${floor},
}
`
}

function rounded(fitted) {
  return Object.fromEntries(Object.entries(fitted).map(([name, value]) => [name, round(value)]))
}

function round(value) {
  return Math.round(value * 1000) / 1000
}
