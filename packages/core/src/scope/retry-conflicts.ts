import { ConflictError } from '../errors.ts'

const usualTries = 8

/** Does work that reads and then commits again when someone else was faster. @throws ConflictError after so many tries. */
export async function retryConflicts<Result>(work: () => Promise<Result>, tries: number = usualTries): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === tries) throw error
    }
  }
}
