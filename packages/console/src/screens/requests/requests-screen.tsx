import type { ReactNode } from 'react'
import { Route, Routes, useParams } from 'react-router'
import { NotFound } from '../../app/crashed.tsx'
import { DeadLettersPage } from './dead-letters-page.tsx'
import { ListPage } from './list-page.tsx'
import { RequestPage } from './request-page.tsx'

/** Requests: the live list, one request's timeline, and what is dead. */
export default function RequestsScreen(): ReactNode {
  return (
    <Routes>
      <Route index element={<ListPage />} />
      <Route path="dead-letters" element={<DeadLettersPage />} />
      <Route path="dead-letters/request" element={<RequestPage key="dead-letters" id="dead-letters" />} />
      <Route path=":id" element={<OneRequest />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  )
}

function OneRequest(): ReactNode {
  const { id = '' } = useParams()
  return <RequestPage key={id} id={id} />
}
