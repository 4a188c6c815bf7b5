/**
 * What a request shows to say who sends it: its `Authorization` header. Anthropic's clients may call the token `x-api-key` instead, on the
 * paths of their protocol alone; two that differ are none, since one of them is somebody else's.
 * @param path normalised, not decoded.
 * @param header gives a header by its name in lower case.
 */
export function credentialsOf(path: string, header: (name: string) => string | undefined): string | undefined {
  const authorization = header('authorization')
  const key = /^\/v1\/messages(?:\/|$)/.test(path) ? header('x-api-key') : undefined
  if (key === undefined) return authorization
  const bearer = `Bearer ${key}`
  return authorization === undefined || authorization.replace(/^bearer /i, 'Bearer ') === bearer ? bearer : ''
}
