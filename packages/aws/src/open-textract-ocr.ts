import type { Clock, Ocr } from '@plinth/core'
import { createClients, destroyClients } from './clients.ts'
import { type AwsEnvironment, ocrOf } from './environment.ts'
import { TextractOcr } from './textract-ocr.ts'

/** Textract, with clients of its own that `close` ends; undefined where the environment has another engine read scanned pages, or none. */
export function openTextractOcr(options: { readonly environment: AwsEnvironment; readonly clock: Clock }): Ocr | undefined {
  const { environment, clock } = options
  if (ocrOf(environment) !== 'textract') return undefined
  const clients = createClients(environment)
  const { textract, s3 } = clients
  const ocr = new TextractOcr({ textract, s3, bucket: environment.bucket, clock })
  return {
    read: (pages, options) => ocr.read(pages, options),
    close: async () => {
      await ocr.close()
      destroyClients(clients)
    },
  }
}
