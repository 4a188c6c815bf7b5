/**
 * Says why tests were skipped, and ends with the line that continuous integration reads: `N passed, N failed`. It is printed
 * when the process exits, behind whatever else is printed.
 */
export default class ClosingLineReporter {
  #counts = { passed: 0, failed: 0, skipped: 0 }
  #filtered = false

  onInit(vitest) {
    this.#filtered = Boolean(vitest.config.testNamePattern)
    process.on('exit', (code) => {
      const { passed, failed, skipped } = this.#counts
      // A run that failed must never read "0 failed": nothing ran, or something broke outside of the tests.
      const told = code !== 0 && failed === 0 ? 1 : failed
      console.log(`\n${passed} passed, ${told} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
    })
  }

  onTestRunEnd(modules, unhandled) {
    this.#counts = { passed: 0, failed: unhandled.length, skipped: 0 }
    for (const module of modules) {
      const broken =
        module.errors().length + [...module.children.allSuites()].reduce((sum, suite) => sum + suite.errors().length, 0)
      this.#counts.failed += broken
      for (const test of module.children.allTests())
        this.#count(test, broken > 0 ? 'what it needs beforehand failed' : 'no reason given')
    }
    if (this.#counts.passed + this.#counts.failed === 0) process.exitCode = 1
  }

  #count(test, otherwise) {
    const { state, note } = test.result()
    this.#counts[state === 'pending' ? 'failed' : state]++
    if (state === 'skipped' && (note || !this.#filtered)) {
      console.log(`skipped: ${test.module.relativeModuleId}: ${test.fullName}: ${note ?? otherwise}`)
    }
  }
}
