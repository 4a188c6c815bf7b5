import { createInterface, type Interface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

/** Whoever can be asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: NodeJS.WritableStream
}

/** In which what a terminal holds already comes in. */
const waitsMilliseconds = 50

/** Lines that a person types, one at a time. */
export class TypedAnswers {
  readonly #terminal: Terminal
  #lines: Interface | undefined
  #isEnded = false
  #heard: ((line: string | undefined) => void) | undefined

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /**
   * Asks until it is a yes or a no. What was typed before a question stood there is no answer to it, and is dropped.
   * @returns undefined at the end of what is typed.
   */
  async agree(question: string): Promise<boolean | undefined> {
    for (;;) {
      this.#lines ??= this.#open()
      await pause(waitsMilliseconds)
      const answer = this.#next()
      this.#terminal.output.write(`${question} [y/n, Enter asks again] `)
      const line = await answer
      if (line === undefined) break
      const typed = line.trim().toLowerCase()
      if (typed === 'y' || typed === 'yes') return true
      if (typed === 'n' || typed === 'no') return false
    }
    this.#terminal.output.write('\n')
    return undefined
  }

  close(): void {
    this.#lines?.close()
  }

  /** Not before the first question: who reads a terminal in the background is stopped by it. */
  #open(): Interface {
    const lines = createInterface({ input: this.#terminal.input, terminal: false })
    lines.on('line', (line) => this.#heard?.(line))
    lines.on('close', () => {
      this.#isEnded = true
      this.#heard?.(undefined)
    })
    return lines
  }

  async #next(): Promise<string | undefined> {
    if (this.#isEnded) return undefined
    const line = await new Promise<string | undefined>((resolve) => {
      this.#heard = resolve
    })
    this.#heard = undefined
    return line
  }
}
