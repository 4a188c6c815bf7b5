// Makes a data folder as large as one of months: rows that the server wrote are written again and again, each under ids of its own.
// node load/grow-folder.mjs FOLDER BYTES EXPIRED-SHARE; tells what it did as one line of JSON.
import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const [folder, bytes, expiredShare] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const path = join(folder, 'plinth.db')
const rowsAtATime = 20_000
const day = 86_400_000
const now = Date.now()
/** Of what is kept 30 days; a share of it has been there for longer. */
const old = now - 31 * day

const database = new DatabaseSync(path)
database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA journal_size_limit = 0')
const rows = templates()
const events = database.prepare('SELECT tenant, time, type, body FROM event ORDER BY position').all()
const put = database.prepare(
  'INSERT INTO record(key, version, schema, expires, plain, sealed, list0, list1, list2) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)',
)
const tell = database.prepare('INSERT INTO event(position, tenant, sequence, time, type, body) VALUES(?, ?, ?, ?, ?, ?)')
const sequences = new Map(
  database
    .prepare('SELECT tenant, last FROM sequence')
    .all()
    .map(({ tenant, last }) => [tenant, last]),
)
let position = Number(database.prepare('SELECT max(position) AS last FROM event').get().last)
let [written, told, expired] = [0, 0, 0]

while (statSync(path).size < bytes) {
  database.exec('BEGIN')
  // What is old comes first in the log, as it would.
  const isOld = statSync(path).size < bytes * expiredShare
  for (let count = 0; count < rowsAtATime; count++) {
    const row = rows[written++ % rows.length]
    const id = randomUUID()
    const renamed = (text) => (text === null ? null : text.replaceAll(row.id, id))
    put.run(
      renamed(row.key),
      row.version,
      row.schema,
      isOld ? now - day : now + 30 * day,
      renamed(row.plain),
      row.sealed,
      renamed(row.list0),
      renamed(row.list1),
      renamed(row.list2),
    )
    if (isOld) expired++
    for (let each = 0; each < 2; each++) {
      const { tenant, time, type, body } = events[told++ % events.length]
      const sequence = (sequences.get(tenant) ?? 0) + 1
      sequences.set(tenant, sequence)
      tell.run(++position, tenant, sequence, isOld ? old : time, type, body)
    }
  }
  database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
}
const keep = database.prepare('UPDATE sequence SET last = ? WHERE tenant = ?')
for (const [tenant, last] of sequences) keep.run(last, tenant)
database.prepare("UPDATE meta SET value = ? WHERE name = 'relayed'").run(position)
database.exec('PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)')
database.close()
console.log(JSON.stringify({ records: written, events: told, expired, bytes: statSync(path).size }))

/** Requests that have ended, each with the id that makes its keys its own. */
function templates() {
  const found = database
    .prepare(
      "SELECT key, version, schema, expires, plain, sealed, list0, list1, list2 FROM record WHERE key GLOB '*' || char(31) || 'requests' || char(31) || '*' AND expires IS NOT NULL",
    )
    .all()
    .map((row) => ({ ...row, id: row.key.split('\x1f')[2] }))
  if (found.length === 0) throw new Error('No request has ended: there is nothing to write again.')
  return found
}
