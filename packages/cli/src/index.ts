/** What other programs may use of the command line. @module */
export { Client } from './client.ts'
