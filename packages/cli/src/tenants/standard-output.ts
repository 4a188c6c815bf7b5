import { PlinthError } from '@plinth/core'

/**
 * Writes to standard output, as fast as it is read.
 * @throws PlinthError `output_closed` when nobody reads it any more.
 */
export function writeOut(chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error): void =>
      reject(new PlinthError('output_closed', 'What reads the output has closed it.', false, { cause }))
    process.stdout.once('error', failed)
    process.stdout.write(chunk, (error) => {
      process.stdout.off('error', failed)
      if (error) failed(error)
      else resolve()
    })
  })
}
