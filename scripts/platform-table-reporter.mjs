import { readFileSync, writeFileSync } from 'node:fs'
import { lastResults, page, renderPage } from './platform-table-page.mjs'

/** Keeps the results of contracts for scripts/platform-table.mjs; when everything ran, the page must be what they make. */
export default class PlatformTableReporter {
  #partial = false

  onInit(vitest) {
    this.#partial = Boolean(vitest.config.testNamePattern)
  }

  onTestRunEnd(modules, _unhandled, reason) {
    const results = modules.flatMap((module) => [...module.children.allTests()].flatMap(resultOf))
    writeFileSync(lastResults, JSON.stringify(results))
    // A run that failed says so itself.
    if (this.#partial || reason !== 'passed' || read(page) === renderPage(results)) return
    console.error(
      'docs/platforms.md is stale: node scripts/platform-table.mjs --write, or with --last from the results of this run.',
    )
    process.exitCode = 1
  }
}

/** Of a test below `<Port> contract: <adapter>`, else none. */
function resultOf(test) {
  const [, port, adapter] = /^(\w+) contract: (.+)$/.exec(test.parent.name ?? '') ?? []
  if (port === undefined) return []
  const { state, note } = test.result()
  return [{ port, adapter, promise: test.name, state, note }]
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
