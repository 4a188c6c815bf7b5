/** What to do where system calls can't be counted. In continuous integration the tests are complete; elsewhere a tool may be missing. */
export function withoutShim(reason: string, skip: (why: string) => void): void {
  if (process.env.CI === 'true' && process.platform === 'linux') throw new Error(`faults: ${reason}`)
  skip(`crashes at system calls are not tried: ${reason}`)
}
