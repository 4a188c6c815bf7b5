import { mendJsonParse } from '../../packages/core/src/mend-json-parse.ts'

mendJsonParse({ randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)) })
