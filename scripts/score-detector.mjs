// Scores the anomaly detector on series with labelled anomalies: node scripts/score-detector.mjs [--corpus DIR] [--quick]
// DIR has data/<category>/*.csv (timestamp,value) and labels/combined_windows.json, as the Numenta Anomaly Benchmark; the scores are
// made by ../shared/tools/nab_score.py. Prints Markdown: all profiles at the shipped threshold and at the best one, with and without
// alert suppression, false alarms, delay, each category, cross-validation by file, and what each knob does to the score.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: options } = parseArgs({ options: { corpus: { type: 'string' }, quick: { type: 'boolean' } } })
const shared = resolve(root, '../shared')
const corpus = resolve(options.corpus ?? join(shared, 'data/nab-dev'))
const source = join(root, 'packages/core/src')
const work = mkdtempSync(join(tmpdir(), 'score-detector-'))
const profiles = { standard: 'standard', reward_low_FP_rate: 'low FP', reward_low_FN_rate: 'low FN' }

/** The knobs: file, name, and what stands there. Whole numbers stay whole. */
const knobs = [
  ['view.ts', 'margin'],
  ['view.ts', 'widening'],
  ['view.ts', 'usualDays'],
  ['view.ts', 'usualWeeks'],
  ['detector.ts', 'few'],
  ['detector.ts', 'fewsInMany'],
  ['detector.ts', 'fewsInMind'],
]

try {
  const series = readSeries()
  const shipped = await detectorOf({})
  const plain = run(series, shipped)
  const held = run(series, shipped, true)
  const threshold = shipped.detectionThreshold
  console.log(`# The detector on ${corpus.split('/').at(-1)}\n`)
  console.log(
    `${series.length} series, ${series.reduce((sum, { values }) => sum + values.length, 0)} values. Threshold ${threshold}.\n`,
  )
  table(
    ['', ...Object.values(profiles), 'windows found', 'false rows'],
    [
      ['shipped threshold', plain, threshold],
      ['best threshold of each profile', plain, undefined],
      ['shipped, repeats held back', held, threshold],
      ['best, repeats held back', held, undefined],
    ].map(([name, scores, at]) => {
      const scored = nab(scores, at)
      const { windows, found, fp_rows } = scored.standard
      return [name, ...Object.keys(profiles).map((key) => points(scored[key])), `${found} of ${windows}`, fp_rows]
    }),
  )
  console.log('## By category and series, standard profile, shipped threshold\n')
  figures(series, plain, held, threshold)
  console.log('## Cross-validation\n')
  crossValidate(series, plain)
  if (!options.quick) {
    console.log('## Knobs: standard / low FP / low FN at the shipped threshold (standard at the best)\n')
    table(
      ['knob', 'shipped', '−25 %', '+25 %', 'half', 'double'],
      await Promise.all(knobs.map((knob) => sensitivity(series, knob))),
    )
    table(
      ['threshold', ...Object.values(profiles)],
      [0.5, 0.75, 1, 1.25, 2].map((times) => {
        const scored = nab(plain, threshold * times)
        return [(threshold * times).toFixed(3), ...Object.keys(profiles).map((key) => points(scored[key]))]
      }),
    )
  }
} finally {
  rmSync(work, { recursive: true })
}

function readSeries() {
  const labels = JSON.parse(readFileSync(join(corpus, 'labels/combined_windows.json'), 'utf8'))
  return Object.keys(labels)
    .sort()
    .map((name) => {
      const lines = readFileSync(join(corpus, 'data', name), 'utf8')
        .trim()
        .split(/\r?\n/)
        .slice(1)
      const stamps = lines.map((line) => line.slice(0, line.indexOf(',')))
      const values = lines.map((line) => Number(line.slice(line.indexOf(',') + 1)))
      const windows = labels[name].map((edges) => edges.map((edge) => stamps.indexOf(edge.split('.')[0])))
      return { name, times: stamps.map((stamp) => Date.parse(`${stamp.replace(' ', 'T')}Z`)), values, windows }
    })
}

/** The detector's sources with other numbers in them. */
async function detectorOf(changes) {
  const folder = mkdtempSync(join(work, 'copy-'))
  cpSync(join(source, 'analytics/detect'), join(folder, 'analytics/detect'), { recursive: true })
  cpSync(join(source, 'base64.ts'), join(folder, 'base64.ts'))
  for (const [file, name, value] of Object.values(changes)) {
    const path = join(folder, 'analytics/detect', file)
    const text = readFileSync(path, 'utf8')
    const changed = text.replace(new RegExp(`(const ${name} = )[\\d.]+`), `$1${value}`)
    if (changed === text) throw new Error(`There is no ${name} in ${file}.`)
    writeFileSync(path, changed)
  }
  const load = (file) => import(pathToFileURL(join(folder, 'analytics/detect', file)).href)
  return { ...(await load('detector.ts')), ...(await load('alert-suppression.ts')) }
}

function run(series, { Detector, AlertSuppression, detectionThreshold }, isHeld = false) {
  return Object.fromEntries(
    series.map(({ name, times, values }) => {
      const detector = new Detector()
      const suppression = new AlertSuppression()
      const scores = values.map((value, at) => {
        const score = detector.next(value, times[at])
        return isHeld && score >= detectionThreshold && !suppression.admits(score, times[at]) ? 0 : score
      })
      return [name, scores]
    }),
  )
}

function nab(scores, threshold, more = []) {
  const results = join(work, 'scores.json')
  writeFileSync(results, JSON.stringify(scores))
  const at = threshold === undefined ? [] : ['--threshold', String(threshold)]
  const words = [join(shared, 'tools/nab_score.py'), '--corpus', corpus, '--json', '-', ...at, ...more, results]
  const { status, stdout, stderr } = spawnSync('python3', words, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Error(stderr || stdout)
  return Object.values(JSON.parse(stdout))[0]
}

function figures(series, plain, held, threshold) {
  const { groups } = nab(plain, threshold, ['--per-category', '--per-file']).standard
  const rows = []
  const categories = Map.groupBy(series, ({ name }) => name.split('/')[0])
  for (const [category, members] of [...categories, ['all', series]]) {
    rows.push([
      `**${category}**`,
      ...figuresOf(members, plain, held, threshold, category === 'all' ? undefined : groups[category]),
    ])
    if (category !== 'all')
      for (const each of members)
        rows.push([each.name.split('/')[1], ...figuresOf([each], plain, held, threshold, groups[each.name])])
  }
  table(
    [
      '',
      'raw score',
      'windows found',
      'false rows',
      'false alarms a day',
      'with repeats held back',
      'delay, share of a window (median)',
    ],
    rows,
  )
}

/** False: outside of windows, after the rows that aren't scored. */
function figuresOf(members, plain, held, threshold, group) {
  let days = 0
  let alarms = 0
  let heldAlarms = 0
  const delays = []
  for (const { name, times, windows } of members) {
    const start = Math.min(Math.floor(0.15 * times.length), 750)
    const isInside = (at) => windows.some(([from, to]) => at >= from && at <= to)
    days += (times.at(-1) - times[start]) / 86_400_000
    for (let at = start; at < times.length; at++) {
      if (isInside(at)) continue
      if (plain[name][at] >= threshold) alarms++
      if (held[name][at] >= threshold) heldAlarms++
    }
    for (const [from, to] of windows) {
      const first = plain[name].findIndex((score, at) => at >= Math.max(from, start) && at <= to && score >= threshold)
      if (first >= 0) delays.push((first - from) / (to - from))
    }
  }
  const median = delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)]
  const windows = members.reduce((sum, member) => sum + member.windows.length, 0)
  return [
    group ? group.raw.toFixed(2) : '',
    `${delays.length} of ${windows}`,
    alarms,
    (alarms / days).toFixed(2),
    (heldAlarms / days).toFixed(2),
    median === undefined ? '' : `${(100 * median).toFixed(0)} %`,
  ]
}

/** The threshold that is best on all series but a fifth of them scores that fifth. */
function crossValidate(series, scores) {
  const raw = { got: 0, best: 0 }
  const folds = 5
  const thresholds = []
  for (let fold = 0; fold < folds; fold++) {
    const mine = series.filter((_, at) => at % folds === fold).map(({ name }) => name)
    const others = series.filter(({ name }) => !mine.includes(name)).map(({ name }) => name)
    const only = (names) => names.flatMap((name) => ['--only', name])
    const chosen = nab(scores, undefined, only(others)).standard.threshold
    thresholds.push(chosen)
    raw.got += nab(scores, chosen, only(mine)).standard.raw
    raw.best += nab(scores, undefined, only(mine)).standard.raw
  }
  const windows = series.reduce((sum, each) => sum + each.windows.length, 0)
  const norm = (sum) => ((100 * (sum + windows)) / (2 * windows)).toFixed(1)
  const used = thresholds.map((threshold) => threshold.toFixed(3)).join(', ')
  console.log(`Standard profile, five parts, by series: ${norm(raw.got)} with thresholds chosen on the other parts (${used}); `)
  console.log(`${norm(raw.best)} with each part's own best.\n`)
}

async function sensitivity(series, [file, name]) {
  const text = readFileSync(join(source, 'analytics/detect', file), 'utf8')
  const shipped = Number(new RegExp(`const ${name} = ([\\d.]+)`).exec(text)?.[1])
  const isWhole = Number.isInteger(shipped) && shipped > 2
  const cells = []
  for (const times of [0.75, 1.25, 0.5, 2]) {
    const value = isWhole ? Math.round(shipped * times) : shipped * times
    const changed = await detectorOf([[file, name, value]])
    const scores = run(series, changed)
    const at = nab(scores, changed.detectionThreshold)
    cells.push(
      `${value}: ${Object.keys(profiles)
        .map((key) => points(at[key]))
        .join(' / ')} (${points(nab(scores).standard)})`,
    )
  }
  return [name, shipped, ...cells]
}

function points({ score }) {
  return score.toFixed(1)
}

function table(heads, rows) {
  for (const row of [heads, heads.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`)
  console.log('')
}
