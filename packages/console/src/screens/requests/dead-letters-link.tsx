import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { get } from '../../api/client.ts'
import type { ListPage } from '../../api/lists.ts'
import { ButtonLink } from '../../kit/button.tsx'
import { type DeadLetter, deadLettersAddress, deadLettersPath } from './request.ts'
import css from './requests.module.css'

const mostCounted = 100

/** The way to the dead letters, with how many there are. */
export function DeadLettersLink(): ReactNode {
  const { data } = useQuery({
    queryKey: [deadLettersPath, 'count'],
    queryFn: ({ signal }) => get<ListPage<DeadLetter>>(`${deadLettersPath}?limit=${mostCounted}`, signal),
    refetchInterval: 5_000,
  })
  const count = data?.items.length ?? 0
  return (
    <ButtonLink to={deadLettersAddress}>
      Dead letters
      {count > 0 && <span className={css.count}>{data?.next_cursor == null ? count : `${mostCounted}+`}</span>}
    </ButtonLink>
  )
}
