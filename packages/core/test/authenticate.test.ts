import { generateKeyPair, importJWK, type JWTPayload, type KeyLike, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
