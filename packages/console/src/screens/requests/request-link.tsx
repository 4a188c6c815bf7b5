import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { addressOfRequest } from './request.ts'
import css from './requests.module.css'

/** Ids that were made begin with their time: those of one minute differ at their end, which stays in sight where there is little room. */
const endLength = 8
const longest = 12

/** The way to a request, by its id. */
export function RequestLink({ id }: { readonly id: string }): ReactNode {
  const end = id.length > longest ? id.length - endLength : id.length
  return (
    <Link className={css.id} to={addressOfRequest(id)} aria-label={id} title={id}>
      {end < id.length && <span className={css.idStart}>{id.slice(0, end)}</span>}
      {end < id.length ? id.slice(end) : id}
    </Link>
  )
}
