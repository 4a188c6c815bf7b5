import { UnauthorizedError } from '../errors.ts'

/**
 * What a request shows to say who sends it: its `Authorization` header. Anthropic's clients may call the token `x-api-key` instead, on the
 * paths of their protocol alone; two that differ are none, since one of them is somebody else's.
 * @param path normalised, not decoded.
 * @param header gives a header by its name in lower case.
 * @throws UnauthorizedError where two differ.
 */
export function credentialsOf(path: string, header: (name: string) => string | undefined): string | undefined {
  const authorization = header('authorization')
  const key = /^\/v1\/messages(?:\/|$)/.test(path) ? header('x-api-key') : undefined
  if (key === undefined) return authorization
  const bearer = `Bearer ${key}`
  if (authorization === undefined || authorization.replace(/^bearer /i, 'Bearer ') === bearer) return bearer
  throw new UnauthorizedError('token_missing', 'Authorization and x-api-key hold different tokens: send one of them.')
}
