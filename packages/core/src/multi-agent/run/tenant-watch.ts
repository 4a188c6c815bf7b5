import type { Timer } from '../../ports/clock.ts'
import type { Scope } from '../../scope/scope.ts'

const lookEvery = 500

/**
 * Looks now and then whether the tenant may still work: a run can go on for hours after its job was delivered. What can't be found out
 * leaves it as it was.
 */
export class TenantWatch {
  isSuspended = false
  readonly #scope: Pick<Scope, 'clock' | 'isActive'>
  #timer: Timer | undefined
  #isOver = false

  constructor(scope: Pick<Scope, 'clock' | 'isActive'>) {
    this.#scope = scope
    this.#later()
  }

  stop(): void {
    this.#isOver = true
    this.#timer?.cancel()
  }

  #later(): void {
    if (!this.#isOver) this.#timer = this.#scope.clock.setTimer(lookEvery, () => void this.#look())
  }

  async #look(): Promise<void> {
    this.isSuspended = await this.#scope.isActive().then(
      (isActive) => !isActive,
      () => this.isSuspended,
    )
    this.#later()
  }
}
