/**
 * Says why tests were skipped, then which failed, and ends with the line that continuous integration reads: `N passed, N
 * failed`. The last two are printed when the process exits, behind whatever else is printed, since often only the end of an
 * output is kept.
 */
export default class ClosingLineReporter {
  #counts = { passed: 0, skipped: 0 }
  #failures = []
  #filtered = false

  onInit(vitest) {
    this.#filtered = Boolean(vitest.config.testNamePattern)
    process.on('exit', (code) => {
      for (const failure of this.#failures) console.log(`failed: ${failure}`)
      // A run that failed must never read "0 failed": nothing ran, or something broke outside of the tests.
      const failed = Math.max(this.#failures.length, code === 0 ? 0 : 1)
      const { passed, skipped } = this.#counts
      console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
    })
  }

  onTestRunEnd(modules, unhandled) {
    this.#counts = { passed: 0, skipped: 0 }
    this.#failures = unhandled.map((error) => `outside of the tests: ${firstLine(error)}`)
    for (const module of modules) {
      const errors = [module, ...module.children.allSuites()].flatMap((each) => each.errors())
      for (const error of errors) this.#failures.push(`${module.relativeModuleId}: ${firstLine(error)}`)
      for (const test of module.children.allTests()) this.#count(test, errors.length > 0)
    }
    if (this.#counts.passed + this.#failures.length === 0) process.exitCode = 1
  }

  #count(test, broken) {
    const { state, note, errors } = test.result()
    const name = `${test.module.relativeModuleId}: ${test.fullName}`
    if (state === 'passed') this.#counts.passed++
    else if (state !== 'skipped') this.#failures.push(`${name}: ${errors?.[0] ? firstLine(errors[0]) : 'it never ended'}`)
    else {
      this.#counts.skipped++
      const reason = note ?? (broken ? 'what it needs beforehand failed' : 'no reason given')
      if (note || !this.#filtered) console.log(`skipped: ${name}: ${reason}`)
    }
  }
}

function firstLine({ message = '' }) {
  return message.split('\n')[0]
}
