import type { Uses } from '../scope/scope.ts'
import { LineReader } from './read-lines.ts'
import { type AppendedRecords, RecordAppender } from './record-appender.ts'

/**
 * Appends records to a stream: each is checked by itself, and one that is bad stops no other. Those of one key stay in order. What is
 * counted as accepted is durable.
 * @throws LimitError `stream_busy` and UnavailableError when none was taken, and some could be taken later; as {@link beginStream}.
 */
export async function appendRecords(
  scope: Uses<'state' | 'streams'>,
  stream: string,
  values: readonly unknown[],
): Promise<AppendedRecords> {
  const appender = await RecordAppender.open(scope, stream, 'hasty')
  for (const [index, value] of values.entries()) {
    appender.take(index, value)
    if (appender.isFull) await appender.flush()
  }
  return appender.end()
}

/**
 * The same for lines of JSON (application/x-ndjson), a record each, however many. No more is read while some are appended, and a stream
 * that is busy makes the producer wait. Where the bytes break off, the lines that were whole are kept.
 * @throws what the bytes throw, and as {@link appendRecords}.
 */
export async function appendLines(
  scope: Uses<'state' | 'streams'>,
  stream: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<AppendedRecords> {
  const appender = await RecordAppender.open(scope, stream, 'patient')
  const lines = new LineReader()
  let index = 0
  const take = async (found: ReturnType<LineReader['read']>): Promise<void> => {
    for (const line of found) {
      appender.takeLine(index++, line)
      if (appender.isFull) await appender.flush()
    }
  }
  try {
    for await (const chunk of bytes) await take(lines.read(chunk))
  } catch (error) {
    await appender.flush()
    throw error
  }
  await take(lines.end())
  return appender.end()
}
