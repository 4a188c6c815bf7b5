import { ConflictError } from '../errors.ts'

const tries = 8

/** Does work that reads and then commits again when someone else was faster. @throws ConflictError after eight tries. */
export async function retryConflicts<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === tries) throw error
    }
  }
}
