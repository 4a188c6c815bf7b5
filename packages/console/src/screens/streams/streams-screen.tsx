import { lazy, type ReactNode, Suspense } from 'react'
import { Route, Routes, useParams } from 'react-router'
import { NotFound } from '../../app/crashed.tsx'
import { Loading } from '../../kit/states.tsx'
import { StreamList } from './stream-list.tsx'
import { StreamPage } from './stream-page.tsx'

const RulesPage = lazy(() => import('./rules-page.tsx'))

export default function StreamsScreen(): ReactNode {
  return (
    <Suspense fallback={<Loading />}>
      <Routes>
        <Route index element={<StreamList />} />
        <Route path="rules" element={<RulesPage />} />
        <Route path="rules/stream" element={<StreamPage key="rules" name="rules" />} />
        <Route path=":name" element={<Named />} />
        <Route path="*" element={<NotFound />} />
      </Routes>
    </Suspense>
  )
}

/** Another stream begins with an empty page: what was drawn is of the one before. */
function Named(): ReactNode {
  const { name = '' } = useParams()
  return <StreamPage key={name} name={name} />
}
