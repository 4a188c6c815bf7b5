import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []

afterAll(() => {
  // A server that is on its end may put a file into it meanwhile: then again.
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
})

/** A folder of this test file's own, removed when the file is done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-test-'))
  made.push(folder)
  return folder
}
