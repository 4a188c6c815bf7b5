/** The parts of docs/benchmarks.md that are written by machine. @module */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './event-driven/harness/processes.mjs'

const page = join(root, 'docs', 'benchmarks.md')

/** @throws Error when the page has lost its marks. */
export function writePart(name, text) {
  const [begin, end] = [`<!-- results: ${name} -->`, `<!-- end of results: ${name} -->`]
  const whole = readFileSync(page, 'utf8')
  const [from, to] = [whole.indexOf(begin), whole.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${page} has lost its marks "${begin}" and "${end}".`)
  writeFileSync(page, `${whole.slice(0, from + begin.length)}\n\n${text}\n\n${whole.slice(to)}`)
}
