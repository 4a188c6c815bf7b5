// How many rows the tables of a folder have, as one line of JSON. A process of its own: it needs a Node.js that knows SQLite.
// node load/rows.mjs FOLDER table...
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const [folder, ...tables] = process.argv.slice(2)
const database = new DatabaseSync(join(folder, 'plinth.db'), { readOnly: true })
database.exec('PRAGMA busy_timeout = 5000')
const rows = (table) => Number(database.prepare(`SELECT COUNT(*) AS rows FROM ${table}`).get().rows)
console.log(JSON.stringify(Object.fromEntries(tables.map((table) => [table, rows(table)]))))
database.close()
