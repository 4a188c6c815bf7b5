import { createHmac, timingSafeEqual } from 'node:crypto'
import { ForbiddenError } from '@plinth/core'
import type { Arrival } from '../exchange.ts'

const cookieName = 'plinth_session'
/** What unsafe calls by cookie must show: a page of another site may send the cookie, but can't know this. */
export const csrfHeader = 'x-plinth-csrf'
/** Where the cookie stands for a token. */
const guarded = /^\/api(?:\/|$)/
const token = /^[A-Za-z0-9._~+/=-]{1,8192}$/

/** The token in the console's cookie; undefined where there is none, or two that differ, since one of them is somebody else's. */
export function sessionToken(arrival: Pick<Arrival, 'path' | 'header'>): string | undefined {
  if (!guarded.test(arrival.path)) return undefined
  const values = (arrival.header('cookie') ?? '')
    .split(/[;,]/)
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${cookieName}=`))
    .map((pair) => pair.slice(cookieName.length + 1))
  const [first = ''] = values
  return token.test(first) && values.every((value) => value === first) ? first : undefined
}

/** `Set-Cookie` for a session of a token. @param seconds that it is kept. */
export function sessionCookie(arrival: Pick<Arrival, 'header'>, value: string, seconds: number): string {
  const secure = arrival.header('x-forwarded-proto') === 'https' ? '; Secure' : ''
  return `${cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${Math.floor(seconds)}${secure}`
}

/** Belongs to the token, so that nothing has to be kept of sessions. */
export function csrfTokenOf(token: string): string {
  return createHmac('sha256', token).update('plinth console csrf').digest('base64url')
}

/** @throws ForbiddenError `csrf_token_invalid` for an unsafe method without the session's own. */
export function checkCsrf(arrival: Pick<Arrival, 'method' | 'header'>, token: string): void {
  if (arrival.method === 'GET' || arrival.method === 'HEAD') return
  const shown = Buffer.from(arrival.header(csrfHeader) ?? '')
  const expected = Buffer.from(csrfTokenOf(token))
  if (shown.byteLength !== expected.byteLength || !timingSafeEqual(shown, expected))
    throw new ForbiddenError(
      'csrf_token_invalid',
      `Calls by cookie that change something need ${csrfHeader} of GET /api/session.`,
    )
}
