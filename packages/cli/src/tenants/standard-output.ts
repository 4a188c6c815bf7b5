import { PlinthError } from '@plinth/core'

/**
 * Writes to standard output, as fast as it is read.
 * @throws PlinthError `output_closed` when nobody reads it any more.
 */
export function writeOut(chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error): void =>
      reject(new PlinthError('output_closed', 'What reads the output has closed it.', false, { cause }))
    // Comes after the callback, and ends the process when nobody listens.
    process.stdout.once('error', failed)
    process.stdout.write(chunk, (error) => {
      if (error) return
      process.stdout.off('error', failed)
      resolve()
    })
  })
}
