import { LoadLimit } from '../../src/load-limit.ts'

/** A limit of the edge, and how late it is told first that the process is. */
export function toldLimit(): { readonly limit: LoadLimit; readonly told: Promise<number> } {
  const { promise: told, resolve } = Promise.withResolvers<number>()
  class Told extends LoadLimit {
    override observe(late: number): void {
      resolve(late)
    }
  }
  return { limit: new Told(), told }
}
