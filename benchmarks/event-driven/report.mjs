// Results of run.mjs as markdown: node benchmarks/event-driven/report.mjs results.json [--write]
// Without --write it prints them; with it they become the results section of docs/benchmarks.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { render } from './harness/tables.mjs'

const page = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md')
const [begin, end] = ['<!-- results: event-driven -->', '<!-- end of results -->']

const file = process.argv.slice(2).find((word) => !word.startsWith('--'))
if (file === undefined) fail('Which results? node benchmarks/event-driven/report.mjs results.json [--write]')
const results = JSON.parse(readFileSync(file, 'utf8'))
const tables = render(results)
if (!process.argv.includes('--write')) console.log(tables)
else if (results.quick) fail('These are results of a quick run. They stay out of the documents.')
else write()

function write() {
  const text = readFileSync(page, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) fail(`${page} has lost its marks "${begin}" and "${end}".`)
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${tables}\n\n${text.slice(to)}`)
}

function fail(text) {
  console.error(text)
  process.exit(1)
}
