import { type Clock, sleep } from '../../ports/clock.ts'

/** So many characters are looked at in one go: some milliseconds of prose, some tens of the worst that there is. */
export const turnCharacters: number = 8_192
/** What a text costs before its first character is looked at, in characters. */
const textCharacters = 32

/**
 * Work on texts, long or many, in goes: whoever else waits for the process has a turn in between, so that one tenant's texts hold up
 * nobody.
 */
export class FilterTurns {
  readonly #clock: Clock
  /** In this go. */
  #characters = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** To be awaited before so many more characters of a text are looked at. */
  async before(characters: number): Promise<void> {
    const cost = characters + textCharacters
    if (this.#characters > 0 && this.#characters + cost > turnCharacters) {
      this.#characters = 0
      await sleep(this.#clock, 0)
    }
    this.#characters += cost
  }
}
