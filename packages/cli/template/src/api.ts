/** A server's HTTP API, from outside. */
export type Api = <Answer>(method: string, path: string, body?: object) => Promise<Answer>

/** Calls the server at this URL with this token; rejects with what it refuses, and why. */
export function apiOf(url: string, token: string): Api {
  return async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as Answer
  }
}
